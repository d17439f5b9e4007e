package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.core.kafka.KeptHeaders;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.connect.data.Values;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.jspecify.annotations.Nullable;

/** Says in bytes what a worker's record says: bytes and texts as they are, other values only in headers, as their text. */
final class SinkRecords {
    private static final long NO_TIMESTAMP = -1;

    private SinkRecords() {}

    /** Where the record lies in Kafka, whatever transformations make of its topic. */
    static TopicPartition partition(SinkRecord record) {
        return new TopicPartition(record.originalTopic(), record.originalKafkaPartition());
    }

    static KeptHeaders headers(SinkRecord record, KeptHeaders.Limit limit) {
        List<org.apache.kafka.common.header.Header> all = new ArrayList<>();
        for (Header header : record.headers()) {
            all.add(new RecordHeader(header.key(), headerBytes(header)));
        }
        return KeptHeaders.of(all.toArray(new org.apache.kafka.common.header.Header[0]), limit);
    }

    // NullAway cannot see in class files that a value may be null.
    @SuppressWarnings("NullAway")
    private static byte @Nullable [] headerBytes(Header header) {
        Object value = header.value();
        if (value == null || value instanceof byte[]) {
            return (byte[]) value;
        }
        return Values.convertToString(header.schema(), value).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Makes the message of a record.
     *
     * @throws DeliveryException if its key or value is neither bytes nor a text
     */
    static KafkaMessage message(SinkRecord record, KeptHeaders kept) throws DeliveryException {
        Long timestamp = record.timestamp();
        return new KafkaMessage(
                record.topic(),
                record.originalKafkaPartition(),
                record.originalKafkaOffset(),
                timestamp == null ? NO_TIMESTAMP : timestamp,
                bytes("key", record.key()),
                bytes("value", record.value()),
                kept.headers());
    }

    private static byte @Nullable [] bytes(String part, @Nullable Object value) throws DeliveryException {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        throw new DeliveryException(
                "the " + part + " of the record is a " + value.getClass().getSimpleName()
                        + ", and MQTT carries bytes; set " + part
                        + ".converter to org.apache.kafka.connect.converters.ByteArrayConverter or"
                        + " org.apache.kafka.connect.storage.StringConverter");
    }
}
