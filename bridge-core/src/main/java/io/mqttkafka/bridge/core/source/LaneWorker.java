package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.time.BridgeClock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that works on messages that could not go on. Sleeps as long as every lane is free. */
final class LaneWorker implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(LaneWorker.class);
    private static final long LONGEST_SLEEP_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long PAUSE_AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final List<RouteLane> lanes;
    private final BridgeClock clock;
    private final Consumer<RouteLane> work;
    private final Consumer<Throwable> broken;
    private final Thread thread;
    private volatile boolean stopped;

    LaneWorker(
            String name,
            List<RouteLane> lanes,
            BridgeClock clock,
            Consumer<RouteLane> work,
            Consumer<Throwable> broken) {
        this.lanes = lanes;
        this.clock = clock;
        this.work = work;
        this.broken = broken;
        thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    /** Ends after the message it is working on. */
    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                turn();
            } catch (RuntimeException | Error e) {
                // Without this thread nothing that could not go on would ever go on.
                broken.accept(e);
                LockSupport.parkNanos(this, PAUSE_AFTER_ERROR_NANOS);
            }
        }
    }

    private void turn() {
        long now = clock.nanos();
        long sleep = RouteLane.FREE;
        for (RouteLane lane : lanes) {
            if (lane.isDue() && !stopped) {
                workOn(lane);
            }
            sleep = Math.min(sleep, lane.nanosUntilDue(now));
        }
        if (sleep == RouteLane.FREE && !stopped) {
            LockSupport.parkNanos(this, LONGEST_SLEEP_NANOS);
        } else if (sleep > 0 && !stopped) {
            clock.park(this, now + sleep);
        }
    }

    private void workOn(RouteLane lane) {
        try {
            work.accept(lane);
        } catch (RuntimeException | Error e) {
            // Not the exception itself: code of the user can have put a payload into it.
            log.error(
                    "Working on a failed message failed ({}); the connection is dropped so that nothing is lost",
                    e.getClass().getName());
            broken.accept(e);
        }
    }
}
