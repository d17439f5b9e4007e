package io.mqttkafka.bridge.testkit.assertj;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Looks again and again. */
final class Eventually {

    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private Eventually() {}

    /** Returns whether it holds in time; false at once if the thread is interrupted. */
    static boolean holds(Duration patience, BooleanSupplier look) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!look.getAsBoolean()) {
            if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(INTERVAL_NANOS);
        }
        return true;
    }

    /**
     * Runs an assertion until the time is over; it throws when it fails.
     *
     * @throws IllegalArgumentException if the time is not positive
     * @throws IllegalStateException if the thread is interrupted, for then nobody has looked for so long
     */
    static void holdsDuring(Duration during, Runnable assertion) {
        if (during.isNegative() || during.isZero()) {
            throw new IllegalArgumentException("during: " + during + " must be positive");
        }
        long end = System.nanoTime() + during.toNanos();
        do {
            assertion.run();
            LockSupport.parkNanos(INTERVAL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("Interrupted while an assertion looked on");
            }
        } while (System.nanoTime() - end < 0);
        assertion.run();
    }
}
