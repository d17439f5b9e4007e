package io.mqttkafka.bridge.core.restart;

/**
 * Counts how often something was begun anew without progress in between, so that a fault that lasts is not taken for a
 * passing one for ever. An outage is not to be counted: it lasts as long as it lasts.
 *
 * <p>Different causes count together, or two that take turns would go on without end. Thread-safe.
 */
public final class Restarts {
    /** How often in a row a fault that is no outage may make something begin anew. */
    public static final int MOST = 5;

    private volatile int count;

    /** Makes a count of none. */
    public Restarts() {}

    /**
     * Counts one.
     *
     * @return whether it is of no use to begin anew once more: so many times it has led to nothing
     */
    public synchronized boolean exhausted() {
        if (count < MOST) {
            count++;
        }
        return count == MOST;
    }

    /** Something was brought to an end: whatever has been counted was passing. Cheap, for each message may say so. */
    public void progress() {
        if (count != 0) {
            reset();
        }
    }

    private synchronized void reset() {
        count = 0;
    }
}
