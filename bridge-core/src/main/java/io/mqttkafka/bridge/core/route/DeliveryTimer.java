package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.DeliveryTimes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long the messages of a route take, since the start and over the last minute. Thread-safe; takes no lock, and
 * makes no object but one in ten seconds.
 */
public final class DeliveryTimer {
    private static final long SLICE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** With the one at hand they cover 50 to 60 seconds. */
    private static final int SLICES = 6;

    /** The messages of ten seconds. */
    private record Slice(long number, TimeHistogram times) {}

    private final TimeHistogram total = new TimeHistogram();
    private final AtomicReferenceArray<@Nullable Slice> slices = new AtomicReferenceArray<>(SLICES);

    /**
     * Notes that a message is acknowledged.
     *
     * @param sinceNanos when it was received
     * @param nowNanos the time, by the same clock
     */
    public void acknowledged(long sinceNanos, long nowNanos) {
        long nanos = Math.max(0, nowNanos - sinceNanos);
        total.add(nanos);
        slice(Math.floorDiv(nowNanos, SLICE_NANOS)).add(nanos);
    }

    private TimeHistogram slice(long number) {
        int index = (int) Math.floorMod(number, (long) SLICES);
        Slice slice = slices.get(index);
        while (slice == null || slice.number < number) {
            Slice fresh = new Slice(number, new TimeHistogram());
            slice = slices.compareAndSet(index, slice, fresh) ? fresh : slices.get(index);
        }
        return slice.times;
    }

    /** Returns the times since the start. */
    public DeliveryTimes total() {
        return total.snapshot();
    }

    /**
     * Returns the times of the last minute. Whoever asks takes nothing from others.
     *
     * @param nowNanos the time
     */
    public DeliveryTimes recent(long nowNanos) {
        long last = Math.floorDiv(nowNanos, SLICE_NANOS);
        TimeHistogram sum = new TimeHistogram();
        for (int i = 0; i < SLICES; i++) {
            Slice slice = slices.get(i);
            if (slice != null && slice.number > last - SLICES) {
                sum.add(slice.times);
            }
        }
        return sum.snapshot();
    }
}
