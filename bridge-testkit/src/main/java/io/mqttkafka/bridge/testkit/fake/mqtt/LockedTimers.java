package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.ManualClock;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Timers whose actions run under the broker's lock; those that are cancelled under it never do. Thread-safe. */
final class LockedTimers implements Timers {

    /** Runs something later, without any lock, and returns what cancels it. */
    private interface Scheduler {
        Timer after(long delayNanos, Runnable action);
    }

    private final Object lock;
    private final LongSupplier clock;
    private final Scheduler scheduler;

    private LockedTimers(Object lock, LongSupplier clock, Scheduler scheduler) {
        this.lock = lock;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** Returns timers by the machine's clock. */
    static LockedTimers real(Object lock, EventExecutor executor) {
        return new LockedTimers(lock, System::nanoTime, (delayNanos, action) -> {
            Future<?> future = executor.schedule(action, delayNanos, TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        });
    }

    /** Returns timers by the test's clock. */
    static LockedTimers manual(Object lock, ManualClock clock) {
        return new LockedTimers(
                lock,
                () -> Duration.between(Instant.EPOCH, clock.instant()).toNanos(),
                (delayNanos, action) -> clock.schedule(Duration.ofNanos(delayNanos), action)::run);
    }

    @Override
    public long nanos() {
        return clock.getAsLong();
    }

    @Override
    public Timer after(long delayNanos, Runnable action) {
        LockedTimer timer = new LockedTimer(action);
        timer.scheduled(scheduler.after(delayNanos, timer::fire));
        return timer;
    }

    private final class LockedTimer implements Timer {
        private final Runnable action;
        private Timer scheduled = Timer.NONE;
        private boolean over;

        LockedTimer(Runnable action) {
            this.action = action;
        }

        void scheduled(Timer timer) {
            synchronized (lock) {
                scheduled = timer;
            }
        }

        void fire() {
            synchronized (lock) {
                if (!over) {
                    over = true;
                    action.run();
                    lock.notifyAll();
                }
            }
        }

        @Override
        public void cancel() {
            synchronized (lock) {
                over = true;
                scheduled.cancel();
            }
        }
    }
}
