package io.mqttkafka.bridge.testkit.fake;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what is told by a notification of a lock. */
public final class Happening {

    private Happening() {}

    /** Returns whether it holds in time; false at once if the thread is interrupted. The caller holds the lock. */
    public static boolean await(Object lock, BooleanSupplier holds, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            while (!holds.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, Math.max(left, TimeUnit.MILLISECONDS.toNanos(1)));
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
