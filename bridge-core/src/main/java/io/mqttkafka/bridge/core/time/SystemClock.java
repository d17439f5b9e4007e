package io.mqttkafka.bridge.core.time;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The machine's time. */
final class SystemClock implements BridgeClock {
    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long millis() {
        // Asked for each message: makes no object.
        return System.currentTimeMillis();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public void await(Object monitor, long untilNanos) throws InterruptedException {
        long left = untilNanos - System.nanoTime();
        if (left > 0) {
            TimeUnit.NANOSECONDS.timedWait(monitor, left);
        }
    }

    @Override
    public void park(Object blocker, long untilNanos) {
        long left = untilNanos - System.nanoTime();
        if (left > 0) {
            LockSupport.parkNanos(blocker, left);
        }
    }

    @Override
    public void remind(long atNanos, Runnable wake) {
        // Who looks at the machine's time sees it himself.
    }
}
