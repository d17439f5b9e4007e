package io.mqttkafka.bridge.core.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of messages wait for Kafka, against a limit. One thread acquires, any thread grows and releases.
 */
public final class InFlightWindow {
    private final long limit;
    private final AtomicLong acquired = new AtomicLong();
    private final AtomicLong released = new AtomicLong();

    /** What messages have become more than was acquired for them. */
    private final AtomicLong grown = new AtomicLong();

    /** The acquiring thread's last look at {@link #released}: it looks again only when that says there is no room. */
    private long knownReleased;

    /**
     * Makes an empty window.
     *
     * @param limit the most bytes
     */
    public InFlightWindow(long limit) {
        this.limit = limit;
    }

    /**
     * Takes room if there is enough. A message larger than the whole window fits while the window is empty.
     *
     * @param bytes how much
     * @param share the part of the window it may fill: 1 for all of it, 2 for half
     * @return whether there was room
     */
    public boolean tryAcquire(long bytes, int share) {
        long before = acquired.getPlain();
        long all = before + grown.get();
        if (all - knownReleased + bytes > limit / share) {
            knownReleased = released.get();
            long inFlight = all - knownReleased;
            if (inFlight + bytes > limit / share && inFlight > 0) {
                return false;
            }
        }
        acquired.lazySet(before + bytes);
        return true;
    }

    /**
     * Takes room, whether or not there is any, for what a message that is in the window has become. Any thread may do so.
     *
     * @param bytes how much
     */
    public void grow(long bytes) {
        grown.addAndGet(bytes);
    }

    /**
     * Gives room back.
     *
     * @param bytes as much as was taken
     */
    public void release(long bytes) {
        released.addAndGet(bytes);
    }

    /**
     * Counts what is in flight.
     *
     * @return bytes
     */
    public long inFlight() {
        long back = released.get();
        return Math.max(0, acquired.get() + grown.get() - back);
    }

    /**
     * Counts what has ever been given back.
     *
     * @return bytes
     */
    public long released() {
        return released.get();
    }

    /**
     * Says whether at least half of the window is free.
     *
     * @return whether it is
     */
    public boolean halfFree() {
        return inFlight() <= limit / 2;
    }
}
