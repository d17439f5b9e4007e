package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.events.Degradations;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Watches the age of the oldest of some things that wait: beyond the threshold the bridge is degraded, with one line in the log when
 * that begins and one when it ends. For one thread.
 */
public final class StallWatch {
    private final String what;
    private final long thresholdNanos;
    private final Degradations degradations;
    private final Logger log;

    private boolean stalled;
    private long toldNanos;

    /**
     * Makes a watch.
     *
     * @param what what waits, as {@link Degradations} names it
     * @param threshold the age from which it is stalled
     * @param degradations hears of it
     * @param log the runner's
     */
    public StallWatch(String what, Duration threshold, Degradations degradations, Logger log) {
        this.what = what;
        this.thresholdNanos = threshold.toNanos();
        this.degradations = degradations;
        this.log = log;
    }

    /**
     * Looks once.
     *
     * @param nowNanos now, by {@link System#nanoTime()}
     * @param ageNanos the age of the oldest; 0 if nothing waits
     * @param words says what waits for what; asked only beyond the threshold
     * @return whether to tell the listeners: once per threshold while it lasts
     */
    public boolean look(long nowNanos, long ageNanos, Supplier<String> words) {
        if (ageNanos < thresholdNanos) {
            end();
            return false;
        }
        if (stalled && nowNanos - toldNanos < thresholdNanos) {
            return false;
        }
        String told = words.get();
        if (!stalled) {
            log.warn("{}: {}", what, told);
        } else {
            log.debug("{}: {}", what, told);
        }
        stalled = true;
        toldNanos = nowNanos;
        degradations.begin(what, told);
        return true;
    }

    /** Ends: nothing waits, or what it waits for is known to be away. */
    public void end() {
        if (stalled) {
            stalled = false;
            log.info("{}: no longer stalled", what);
            degradations.end(what);
        }
    }
}
