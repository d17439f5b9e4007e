package io.mqttkafka.bridge.testkit.broker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends and reads strings in the tests of the Kafka brokers. */
final class KafkaRecords {

    private KafkaRecords() {}

    static KafkaProducer<String, String> producer(String bootstrapServers, Map<String, ?> extra) {
        Map<String, Object> config = new HashMap<>(extra);
        config.put("bootstrap.servers", bootstrapServers);
        config.put("reconnect.backoff.ms", 20);
        config.put("reconnect.backoff.max.ms", 200);
        config.put("retry.backoff.ms", 20);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    /** Sends the values and returns when the broker has acknowledged all of them. */
    static void send(String bootstrapServers, String topic, int partition, String... values) {
        try (KafkaProducer<String, String> producer = producer(bootstrapServers, Map.of())) {
            List<Future<RecordMetadata>> sent = Arrays.stream(values)
                    .map(value -> producer.send(new ProducerRecord<>(topic, partition, null, value)))
                    .toList();
            for (Future<RecordMetadata> future : sent) {
                future.get();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().map(record -> new String(record.value(), UTF_8)).toList();
    }
}
