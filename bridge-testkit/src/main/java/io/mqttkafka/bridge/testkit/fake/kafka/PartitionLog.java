package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.testkit.fake.JvmOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a {@link FakeKafka}: records, and the markers that end transactions, which take up an offset as in
 * Kafka. The caller holds the lock of {@link KafkaCore}.
 */
final class PartitionLog {

    private final String topic;
    private final int partition;
    private final List<Entry> entries = new ArrayList<>();

    /** A record, or a marker if it has none. */
    private static final class Entry {
        final @Nullable ConsumerRecord<byte[], byte[]> record;
        final @Nullable KafkaTransaction transaction;
        long order = JvmOrder.next();

        Entry(@Nullable ConsumerRecord<byte[], byte[]> record, @Nullable KafkaTransaction transaction) {
            this.record = record;
            this.transaction = transaction;
        }

        boolean isOpen() {
            return transaction != null && transaction.isOpen();
        }

        boolean isVisible() {
            return record != null && (transaction == null || transaction.isCommitted());
        }
    }

    PartitionLog(String topic, int partition) {
        this.topic = topic;
        this.partition = partition;
    }

    long append(ProducerRecord<byte[], byte[]> sent, long now, @Nullable KafkaTransaction transaction) {
        byte[] key = sent.key();
        byte[] value = sent.value();
        long offset = entries.size();
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                topic,
                partition,
                offset,
                sent.timestamp() == null ? now : sent.timestamp(),
                TimestampType.CREATE_TIME,
                key == null ? -1 : key.length,
                value == null ? -1 : value.length,
                key,
                value,
                new RecordHeaders(sent.headers().toArray()),
                Optional.empty());
        entries.add(new Entry(record, transaction));
        if (transaction != null) {
            transaction.touch(this);
        }
        return offset;
    }

    void ended(KafkaTransaction transaction) {
        for (Entry entry : entries) {
            if (entry.transaction == transaction) {
                entry.order = JvmOrder.next();
            }
        }
        entries.add(new Entry(null, null));
    }

    long end() {
        return entries.size();
    }

    /** Where the first open transaction begins, or the end: what lies behind is not readable yet. */
    long lastStable() {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).isOpen()) {
                return i;
            }
        }
        return entries.size();
    }

    /** Reads committed records from an offset into a list of at most that many; returns the offset to go on from. */
    long readCommitted(long from, int most, List<ConsumerRecord<byte[], byte[]>> into) {
        long stable = lastStable();
        long next = from;
        while (next < stable && into.size() < most) {
            Entry entry = entries.get((int) next);
            if (entry.record != null && entry.isVisible()) {
                into.add(entry.record);
            }
            next++;
        }
        return next;
    }

    /** Reads records from an offset, those of open and aborted transactions included, as {@link #readCommitted} does. */
    long readUncommitted(long from, int most, List<ConsumerRecord<byte[], byte[]>> into) {
        long next = from;
        while (next < entries.size() && into.size() < most) {
            Entry entry = entries.get((int) next);
            if (entry.record != null) {
                into.add(entry.record);
            }
            next++;
        }
        return next;
    }

    /** What is readable, with the moment from which it was safe. */
    List<Confirmation> confirmations() {
        List<Confirmation> safe = new ArrayList<>();
        for (Entry entry : entries.subList(0, (int) lastStable())) {
            if (entry.record != null && entry.isVisible()) {
                safe.add(new Confirmation(entry.record, entry.order));
            }
        }
        return safe;
    }

    /** Says how much there is, and up to where. */
    String summary() {
        int committed = confirmations().size();
        return "%s-%d: %d committed records, %d others, next offset %d"
                .formatted(topic, partition, committed, written().size() - committed, end());
    }

    /** Every record, those of open and aborted transactions included. */
    List<ConsumerRecord<byte[], byte[]>> written() {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.record != null) {
                all.add(entry.record);
            }
        }
        return all;
    }
}
