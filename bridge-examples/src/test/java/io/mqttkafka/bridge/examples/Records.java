package io.mqttkafka.bridge.examples;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Writes to Kafka, as any application does. */
final class Records {
    private Records() {}

    /** Writes a record and returns when Kafka has confirmed it. */
    static void send(String bootstrapServers, String topic, String key, @Nullable String value) throws Exception {
        send(bootstrapServers, new ProducerRecord<>(topic, key, value));
    }

    /** Writes a record and returns when Kafka has confirmed it. */
    static void send(String bootstrapServers, ProducerRecord<String, String> message) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringSerializer(), new StringSerializer())) {
            producer.send(message).get(30, TimeUnit.SECONDS);
        }
    }
}
