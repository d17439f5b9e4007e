package io.mqttkafka.bridge.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the target topic back into a ledger. Not thread-safe. */
final class RecordAudit implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final DeliveryLedger ledger;

    RecordAudit(KafkaServer kafka, List<TopicPartition> partitions, DeliveryLedger ledger) {
        this.ledger = ledger;
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "isolation.level",
                        "read_committed",
                        "enable.auto.commit",
                        false,
                        "fetch.max.bytes",
                        64 * 1024 * 1024,
                        "max.partition.fetch.bytes",
                        16 * 1024 * 1024,
                        "max.poll.records",
                        50_000),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Reads what has been committed since the last call. */
    void catchUp() {
        long startedAt = System.nanoTime();
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            if (System.nanoTime() - startedAt > LIMIT.toNanos()) {
                throw new IllegalStateException("Kafka does not hand out its records");
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                ledger.record(record.partition(), record.key(), record.value(), record.timestamp());
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
