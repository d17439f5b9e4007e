package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.message.Header;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that the worker takes, and by which it says later that Kafka has it. No two are equal: a worker finds what it has
 * committed by equality, and two messages can say the same.
 */
// Nothing is added to what is compared; the opposite.
@SuppressWarnings("EqualsHashCode")
final class PolledRecord extends SourceRecord {
    /** Who hears of the outcome; null if the transaction does. */
    final transient @Nullable PendingRecord pending;

    /** How many bytes it has. */
    final int size;

    // NullAway cannot see in class files that an argument may be null.
    @SuppressWarnings("NullAway")
    PolledRecord(
            Map<String, ?> source, @Nullable Map<String, ?> offset, Content content, @Nullable PendingRecord pending) {
        super(
                source,
                offset,
                content.topic(),
                content.partition(),
                ConnectRecords.keySchema(ConnectRecords.key(content.key())),
                ConnectRecords.key(content.key()),
                Schema.OPTIONAL_BYTES_SCHEMA,
                content.value(),
                null,
                ConnectRecords.headers(content.headers()));
        this.pending = pending;
        size = content.size();
    }

    /**
     * What is written.
     *
     * @param topic the topic
     * @param partition the partition, or null to place it by its key
     * @param key the key, or null
     * @param value the value, or null for a tombstone
     * @param headers its headers, or null if it has none
     */
    // An array of a record is compared by nobody here.
    @SuppressWarnings("ArrayRecordComponent")
    record Content(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers) {
        /** What Kafka adds to a record, and to each header. */
        private static final int OVERHEAD_BYTES = 128;

        private static final int HEADER_BYTES = 16;

        int size() {
            int size = OVERHEAD_BYTES + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
            if (headers != null) {
                for (Header header : headers) {
                    byte[] one = header.value();
                    size += HEADER_BYTES + 3 * header.name().length() + (one == null ? 0 : one.length);
                }
            }
            return size;
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
