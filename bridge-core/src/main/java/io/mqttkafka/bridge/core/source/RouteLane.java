package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.util.List;
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
    private final PriorityQueue<RoutedMessage> waiting = new PriorityQueue<>();
    private volatile boolean closed;

    /** What counts that the first in the queue waits for Kafka to say what its topic is; for the thread of the lanes. */
    private TopicWaits.@Nullable Topic awaited;

    /** When the first in the queue is to be tried, by the clock. */
    private long dueNanos;

    /** Whose outcome the others wait for; null if they do not. */
    private @Nullable RoutedMessage alone;

    RouteLane(BridgeClock clock) {
        this.clock = clock;
    }

    /** Queues a message that comes after others, if any are waiting; false if the lane is free. */
    boolean joinIfClosed(RoutedMessage attempt) {
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

    /** Says whether nothing waits in it. */
    boolean isFree() {
        return !closed;
    }

    /** Closes the lane for a message that could not go on, in its place among those that wait. */
    synchronized void close(RoutedMessage attempt) {
        if (!closed) {
            closed = true;
            dueNanos = clock.nanos();
        }
        waiting.add(attempt);
    }

    /** Returns the first in the queue, or opens the lane and returns null if nobody waits. */
    synchronized @Nullable RoutedMessage firstOrOpen() {
        RoutedMessage first = waiting.peek();
        if (first == null) {
            closed = false;
        }
        return first;
    }

    synchronized void remove(RoutedMessage attempt) {
        waiting.remove(attempt);
    }

    /**
     * Takes those out whose messages come again; what waits behind them need not wait any longer. The others go on with the
     * present producer: they are of a session that the broker has lost, and this is the only copy.
     */
    synchronized List<RoutedMessage> takeGivenUp(int generation) {
        List<RoutedMessage> givenUp =
                waiting.stream().filter(RoutedMessage::comesAgain).toList();
        if (!givenUp.isEmpty()) {
            RoutedMessage first = waiting.peek();
            waiting.removeAll(givenUp);
            if (waiting.peek() != first) {
                dueNanos = clock.nanos();
            }
        }
        waiting.forEach(attempt -> attempt.keepFor(generation));
        return givenUp;
    }

    synchronized void pause(Duration delay) {
        dueNanos = clock.nanos() + delay.toNanos();
    }

    /** Lets the others wait for the outcome of a message that is about to be sent. Only while the lane is closed. */
    synchronized void await(RoutedMessage attempt) {
        alone = attempt;
    }

    /** Takes note of an outcome; the others may go on if they waited for it. */
    synchronized void told(RoutedMessage attempt) {
        if (alone == attempt) {
            alone = null;
            dueNanos = Math.max(dueNanos, clock.nanos());
        }
    }

    /** Notes which Kafka topic the first in the queue waits for; null if for none. For the thread of the lanes. */
    void awaits(TopicWaits.@Nullable Topic topic) {
        TopicWaits.Topic before = awaited;
        if (before == topic) {
            return;
        }
        if (before != null) {
            before.done();
        }
        if (topic != null) {
            topic.sending();
        }
        awaited = topic;
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
        return closed && alone == null ? dueNanos - nowNanos : FREE;
    }
}
