package io.mqttkafka.bridge.testkit.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** The records and committed offsets of a fake Kafka whose topics have two partitions. Thread-safe. */
final class FakeLog {
    private static final int PARTITIONS = 2;

    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();

    static List<TopicPartition> partitions(Collection<String> topics) {
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : topics) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                all.add(new TopicPartition(topic, partition));
            }
        }
        return all;
    }

    /** Appends a record to partition 0. */
    void append(String topic, String key, String value, String... headers) {
        append(new TopicPartition(topic, 0), bytes(key), bytes(value), headers(headers));
    }

    synchronized void append(TopicPartition partition, byte[] key, byte[] value, RecordHeaders headers) {
        List<ConsumerRecord<byte[], byte[]>> log = records.computeIfAbsent(partition, p -> new ArrayList<>());
        log.add(new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                log.size(),
                0L,
                TimestampType.CREATE_TIME,
                key == null ? -1 : key.length,
                value == null ? -1 : value.length,
                key,
                value,
                headers,
                Optional.empty()));
    }

    /** Makes headers of names and values by turns. */
    static RecordHeaders headers(String... namesAndValues) {
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(new RecordHeader(namesAndValues[i], bytes(namesAndValues[i + 1])));
        }
        return headers;
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    synchronized List<ConsumerRecord<byte[], byte[]>> from(TopicPartition partition, long offset) {
        List<ConsumerRecord<byte[], byte[]>> log = records.getOrDefault(partition, List.of());
        return List.copyOf(log.subList((int) Math.min(offset, log.size()), log.size()));
    }

    synchronized void commit(TopicPartition partition, long offset) {
        committed.put(partition, offset);
    }

    /** The committed offset of partition 0; -1 if there is none. */
    long committed(String topic) {
        return committed(new TopicPartition(topic, 0));
    }

    synchronized long committed(TopicPartition partition) {
        return committed.getOrDefault(partition, -1L);
    }
}
