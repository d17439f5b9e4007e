package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.DeliveryTimes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts times in buckets that are 33 µs wide up to a millisecond, and 32 to each doubling above, up to 18 minutes.
 * Thread-safe; takes no lock, and makes no object to count.
 */
final class TimeHistogram {
    /** The width of the first buckets, 33 µs: a power of two, so that a time needs no division. */
    private static final int UNIT_BITS = 15;

    private static final int STEP_BITS = 5;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int DOUBLINGS = 20;
    private static final int BUCKETS = STEPS + DOUBLINGS * STEPS;
    private static final int LAST = BUCKETS - 1;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final AtomicLong maximum = new AtomicLong();

    void add(long nanos) {
        longest(nanos);
        counts.getAndIncrement(bucket(nanos));
    }

    void add(TimeHistogram other) {
        for (int i = 0; i < BUCKETS; i++) {
            counts.addAndGet(i, other.counts.get(i));
        }
        // Not sooner: what has been counted has been compared.
        longest(other.maximum.get());
    }

    private void longest(long nanos) {
        long longest = maximum.get();
        while (nanos > longest && !maximum.compareAndSet(longest, nanos)) {
            longest = maximum.get();
        }
    }

    private static int bucket(long nanos) {
        long units = nanos >>> UNIT_BITS;
        if (units < STEPS) {
            return (int) units;
        }
        int doubling = Long.SIZE - 1 - Long.numberOfLeadingZeros(units) - STEP_BITS;
        return doubling >= DOUBLINGS ? LAST : doubling * STEPS + (int) (units >>> doubling);
    }

    /** The longest time of a bucket. */
    private static long end(int bucket) {
        if (bucket == LAST) {
            return Long.MAX_VALUE;
        }
        int next = bucket + 1;
        int doubling = next / STEPS - 1;
        long units = doubling <= 0 ? next : (long) (STEPS + next % STEPS) << doubling;
        return (units << UNIT_BITS) - 1;
    }

    DeliveryTimes snapshot() {
        long[] now = new long[BUCKETS];
        long count = 0;
        for (int i = 0; i < BUCKETS; i++) {
            now[i] = counts.get(i);
            count += now[i];
        }
        if (count == 0) {
            return DeliveryTimes.NONE;
        }
        long longest = maximum.get();
        return DeliveryTimes.of(
                count,
                Duration.ofNanos(percentile(now, count, 50, longest)),
                Duration.ofNanos(percentile(now, count, 99, longest)),
                Duration.ofNanos(longest));
    }

    private static long percentile(long[] counts, long count, int percent, long longest) {
        // The rank rounded up, without an overflow.
        long rank = count / 100 * percent + (count % 100 * percent + 99) / 100;
        long seen = 0;
        int bucket = -1;
        while (seen < rank) {
            seen += counts[++bucket];
        }
        return Math.min(end(bucket), longest);
    }
}
