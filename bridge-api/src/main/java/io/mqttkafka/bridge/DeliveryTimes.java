package io.mqttkafka.bridge;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How long the messages of a route took from their receipt until they were acknowledged.
 *
 * <p>From MQTT, a message is received when its packet has been read, and acknowledged when its PUBACK or PUBREC has been
 * written, whatever became of it; one of QoS 0, which has no acknowledgement, when Kafka has confirmed it. From Kafka, a record is received when
 * it has been read, and acknowledged when the MQTT broker has acknowledged its message, or at QoS 0 when that has been
 * written; a record that is done with in another way has no time. Pauses between attempts count.
 *
 * <p>The maximum is exact. The percentiles are never too low, never above the maximum, and too high by 33 µs at most up to
 * a millisecond, by 1/32 above. Beyond 18 minutes a percentile is the maximum.
 *
 * <p>Immutable, hence thread-safe.
 */
public final class DeliveryTimes {
    /** No message has been acknowledged. */
    public static final DeliveryTimes NONE = new DeliveryTimes(0, null, null, null);

    private final long count;
    private final @Nullable Duration p50;
    private final @Nullable Duration p99;
    private final @Nullable Duration maximum;

    private DeliveryTimes(long count, @Nullable Duration p50, @Nullable Duration p99, @Nullable Duration maximum) {
        this.count = count;
        this.p50 = p50;
        this.p99 = p99;
        this.maximum = maximum;
    }

    /**
     * Makes times of at least one message, as the engine and tests of what reads them do.
     *
     * @param count of how many messages, 1 or more
     * @param p50 the time that half of them kept to
     * @param p99 the time that 99 of 100 kept to
     * @param maximum the longest
     * @return the times
     * @throws IllegalArgumentException if {@code count} is below 1, or {@code 0 <= p50 <= p99 <= maximum} does not hold
     * @throws NullPointerException if a time is null
     */
    public static DeliveryTimes of(long count, Duration p50, Duration p99, Duration maximum) {
        Objects.requireNonNull(p50, "p50");
        Objects.requireNonNull(p99, "p99");
        Objects.requireNonNull(maximum, "maximum");
        if (count < 1) {
            throw new IllegalArgumentException("count: " + count + " must be 1 or more; use NONE for no message");
        }
        if (p50.isNegative() || p50.compareTo(p99) > 0 || p99.compareTo(maximum) > 0) {
            throw new IllegalArgumentException("p50, p99, maximum: " + p50 + ", " + p99 + ", " + maximum
                    + " must be from zero up and in this order");
        }
        return new DeliveryTimes(count, p50, p99, maximum);
    }

    /** {@return of how many messages} */
    public long count() {
        return count;
    }

    /** {@return the time that half of the messages kept to; null if there is no message} */
    public @Nullable Duration p50() {
        return p50;
    }

    /** {@return the time that 99 of 100 messages kept to; null if there is no message} */
    public @Nullable Duration p99() {
        return p99;
    }

    /** {@return the longest time; null if there is no message} */
    public @Nullable Duration maximum() {
        return maximum;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeliveryTimes that
                && count == that.count
                && Objects.equals(p50, that.p50)
                && Objects.equals(p99, that.p99)
                && Objects.equals(maximum, that.maximum);
    }

    @Override
    public int hashCode() {
        return Objects.hash(count, p50, p99, maximum);
    }

    @Override
    public String toString() {
        return "DeliveryTimes[count=" + count + ", p50=" + p50 + ", p99=" + p99 + ", maximum=" + maximum + "]";
    }
}
