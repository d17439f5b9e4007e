package io.mqttkafka.bridge.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Leaves a workload in Kafka: the key of a record is the MQTT topic that it has to go to. */
final class BacklogProducer {
    private final Workload workload;
    private final KafkaServer kafka;

    BacklogProducer(Workload workload, KafkaServer kafka) {
        this.workload = workload;
        this.kafka = kafka;
    }

    /** Returns once Kafka has all of it. */
    void fill() {
        NumberedPayload.Writer payloads = new NumberedPayload.Writer(workload.payloadBytes());
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                // A broker that is just starting on a busy machine can take long to answer; repeating does not help it.
                Map.of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "linger.ms",
                        5,
                        "batch.size",
                        64 * 1024,
                        "request.timeout.ms",
                        120_000,
                        "delivery.timeout.ms",
                        300_000),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int sequence = 0; sequence < workload.messagesPerTopic(); sequence++) {
                for (int topic = 0; topic < workload.topics(); topic++) {
                    byte[] key = Workload.mqttTopic(topic).getBytes(StandardCharsets.UTF_8);
                    byte[] payload = payloads.write(topic, sequence).clone();
                    producer.send(new ProducerRecord<>(TargetTopic.NAME, key, payload), (metadata, exception) -> {
                        if (exception != null) {
                            failure.set(exception);
                        }
                    });
                }
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("Kafka refused the backlog", failure.get());
        }
    }
}
