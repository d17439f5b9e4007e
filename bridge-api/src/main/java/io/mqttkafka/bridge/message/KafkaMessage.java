package io.mqttkafka.bridge.message;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record as Kafka delivered it.
 *
 * <p>Immutable as long as nobody changes the arrays, which are shared with the bridge and must not be changed. Two messages
 * are equal if they are the same object.
 */
public final class KafkaMessage {
    private final String topic;
    private final int partition;
    private final long offset;
    private final long timestampMillis;
    private final byte @Nullable [] key;
    private final byte @Nullable [] payload;
    private final List<Header> headers;

    /**
     * Makes a message.
     *
     * @param topic the Kafka topic
     * @param partition the partition, from 0
     * @param offset its place in the partition
     * @param timestampMillis the timestamp of the record, in milliseconds since 1970
     * @param key the key, or null; not copied
     * @param payload the value, or null if the record is a tombstone; not copied
     * @param headers the headers in order, repeats included
     * @throws NullPointerException if {@code topic} or {@code headers} is or holds null
     */
    public KafkaMessage(
            String topic,
            int partition,
            long offset,
            long timestampMillis,
            byte @Nullable [] key,
            byte @Nullable [] payload,
            List<Header> headers) {
        this.topic = Objects.requireNonNull(topic, "topic");
        this.partition = partition;
        this.offset = offset;
        this.timestampMillis = timestampMillis;
        this.key = key;
        this.payload = payload;
        this.headers = List.copyOf(headers);
    }

    /**
     * Makes a message of partition 0 without headers, as tests of user code need it.
     *
     * @param topic the Kafka topic
     * @param key the key, or null; not copied
     * @param payload the value, or null; not copied
     * @return the message
     */
    public static KafkaMessage of(String topic, byte @Nullable [] key, byte @Nullable [] payload) {
        return new KafkaMessage(topic, 0, 0, 0, key, payload, List.of());
    }

    /**
     * Returns the Kafka topic.
     *
     * @return the topic
     */
    public String topic() {
        return topic;
    }

    /**
     * Returns the partition.
     *
     * @return the partition, from 0
     */
    public int partition() {
        return partition;
    }

    /**
     * Returns the place of the record in its partition.
     *
     * @return the offset
     */
    public long offset() {
        return offset;
    }

    /**
     * Returns the timestamp of the record.
     *
     * @return milliseconds since 1970
     */
    public long timestampMillis() {
        return timestampMillis;
    }

    /**
     * Returns the key. The array is shared: it must not be changed.
     *
     * @return the bytes, or null if the record has no key
     */
    public byte @Nullable [] key() {
        return key;
    }

    /**
     * Returns the value. The array is shared: it must not be changed.
     *
     * @return the bytes, or null if the record is a tombstone
     */
    public byte @Nullable [] payload() {
        return payload;
    }

    /**
     * Returns the headers.
     *
     * @return the headers in order, repeats included; unmodifiable
     */
    public List<Header> headers() {
        return headers;
    }

    /**
     * Returns the last header of a name.
     *
     * @param name the name
     * @return the header, or null if there is none
     */
    public @Nullable Header lastHeader(String name) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(name)) {
                return headers.get(i);
            }
        }
        return null;
    }

    /**
     * Says where the record is, as events, dead letters and log lines call it.
     *
     * @return topic, partition and offset: {@code commands-0@17}
     */
    public String origin() {
        return topic + "-" + partition + "@" + offset;
    }

    /** Shows everything but the contents of key, value and headers. */
    @Override
    public String toString() {
        return "KafkaMessage[" + origin() + ", " + (payload == null ? "tombstone" : payload.length + " bytes") + "]";
    }
}
