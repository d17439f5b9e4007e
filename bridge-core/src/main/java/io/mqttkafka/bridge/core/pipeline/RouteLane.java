package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the order of one route while one of its messages has to wait: later ones queue behind it instead of passing it.
 * What queues here is not acknowledged, so the receive window bounds it. Thread-safe.
 */
final class RouteLane {
    /** How long it is until something is to be done in a lane that is free. */
    static final long FREE = Long.MAX_VALUE;

    private final BridgeClock clock;
    private final PriorityQueue<Attempt> waiting = new PriorityQueue<>();
    private volatile boolean closed;

    /** When the first in the queue is to be tried, by the clock. */
    private long dueNanos;

    RouteLane(BridgeClock clock) {
        this.clock = clock;
    }

    /** Queues a message that comes after others, if any are waiting; false if the lane is free. */
    boolean joinIfClosed(Attempt attempt) {
        if (!closed) {
            return false;
        }
        synchronized (this) {
            if (closed) {
                waiting.add(attempt);
                return true;
            }
            return false;
        }
    }

    /** Closes the lane for a message that could not go on, in its place among those that wait. */
    synchronized void close(Attempt attempt) {
        if (!closed) {
            closed = true;
            dueNanos = clock.nanos();
        }
        waiting.add(attempt);
    }

    /** Returns the first in the queue, or opens the lane and returns null if nobody waits. */
    synchronized @Nullable Attempt firstOrOpen() {
        Attempt first = waiting.peek();
        if (first == null) {
            closed = false;
        }
        return first;
    }

    synchronized void remove(Attempt attempt) {
        waiting.remove(attempt);
    }

    synchronized void pause(Duration delay) {
        dueNanos = clock.nanos() + delay.toNanos();
    }

    /** Ends a pause, because what it was for has come. */
    synchronized void hurry() {
        dueNanos = clock.nanos();
    }

    /** Says whether something is to be done now. */
    boolean isDue() {
        return nanosUntilDue(clock.nanos()) <= 0;
    }

    /** How long until something is to be done; {@link #FREE} if the lane is free. */
    synchronized long nanosUntilDue(long nowNanos) {
        return closed ? dueNanos - nowNanos : FREE;
    }
}
