package io.mqttkafka.bridge.tests.engine;

import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** What routes from Kafka of the group "g" read and commit: a {@link FakeKafka} that has the topic "commands". */
public final class SourceLog implements AutoCloseable {
    public static final String GROUP = "g";

    public final FakeKafka kafka = FakeKafka.builder().partitions(2).start();

    private final AtomicLong polls = new AtomicLong();
    private volatile boolean revoking;

    public SourceLog() {
        createTopic("commands");
    }

    public void createTopic(String name) {
        kafka.createTopic(name, 2);
    }

    /** Appends a record to partition 0. */
    public void append(String topic, String key, String value, String... headers) {
        append(new TopicPartition(topic, 0), bytes(key), bytes(value), headers(headers));
    }

    public void append(TopicPartition partition, byte[] key, byte[] value, RecordHeaders headers) {
        kafka.produce(new ProducerRecord<>(partition.topic(), partition.partition(), key, value, headers));
    }

    /** Makes headers of names and values by turns. */
    public static RecordHeaders headers(String... namesAndValues) {
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers.add(new RecordHeader(namesAndValues[i], bytes(namesAndValues[i + 1])));
        }
        return headers;
    }

    public static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** The committed offset of partition 0; -1 if there is none. */
    public long committed(String topic) {
        return committed(new TopicPartition(topic, 0));
    }

    public long committed(TopicPartition partition) {
        return kafka.committed(GROUP, partition.topic(), partition.partition());
    }

    /** Commits as another member does. */
    public void commit(TopicPartition partition, long offset) {
        kafka.commit(GROUP, partition.topic(), partition.partition(), offset);
    }

    /** Takes all partitions away as if the group had given the bridge up; it is given them again at once. */
    public void evict() {
        kafka.evict(GROUP);
    }

    /** How often bridges have polled. */
    public long polls() {
        return polls.get();
    }

    /** Whether a bridge is being told that partitions go. */
    public boolean revoking() {
        return revoking;
    }

    /** Watches a bridge's consumer. */
    public Consumer<byte[], byte[]> watched(Consumer<byte[], byte[]> consumer) {
        return new WatchedConsumer(consumer, polls::incrementAndGet, now -> revoking = now).proxy();
    }

    @Override
    public void close() {
        kafka.close();
    }
}
