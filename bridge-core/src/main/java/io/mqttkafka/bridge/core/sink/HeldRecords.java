package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.util.Collection;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The records of one route that could not go on, oldest first, so that order is kept: while one waits, no newer one is taken. For
 * the thread that reads the route's records, but for those that come back from others.
 */
final class HeldRecords {
    private final SinkRoute route;
    private final KafkaToMqttPipeline.Connection connection;
    private final BridgeClock clock;

    /** Goes on with a record; it is held again if it cannot. */
    private final Consumer<RoutedRecord> proceed;

    /** The partitions whose records must not wait for what has no room. */
    private final Supplier<Collection<Partition>> urgent;

    private final PriorityQueue<RoutedRecord> held = new PriorityQueue<>();

    /** Whether a record that has failed is held. */
    private volatile boolean holding;

    /** Records that came back from another thread; no more than are in flight. */
    private final Queue<RoutedRecord> returned = new ConcurrentLinkedQueue<>();

    /** The record that goes alone to find out whether somebody subscribes by now; null if none does. */
    private @Nullable RoutedRecord probe;

    HeldRecords(
            SinkRoute route,
            KafkaToMqttPipeline.Connection connection,
            BridgeClock clock,
            Consumer<RoutedRecord> proceed,
            Supplier<Collection<Partition>> urgent) {
        this.route = route;
        this.connection = connection;
        this.clock = clock;
        this.proceed = proceed;
        this.urgent = urgent;
    }

    /** Says whether a record that has failed is held. By any thread. */
    boolean isHolding() {
        return holding;
    }

    // From other threads.

    /** It has to be published again, through no fault of its own. */
    void giveBack(RoutedRecord attempt) {
        attempt.entry.returned();
        returned.add(attempt);
        // Not sooner: who sees it must find the record returned.
        attempt.out = false;
        connection.wake(route);
    }

    /** It has failed, on its way. */
    void giveBack(RoutedRecord attempt, Failure failure) {
        attempt.failure = failure;
        giveBack(attempt);
    }

    // The reading thread.

    /** Holds a record for which there is no room. */
    void hold(RoutedRecord attempt) {
        held.add(attempt);
    }

    /** Holds a record that has failed. */
    void hold(RoutedRecord attempt, Failure failure) {
        attempt.failure = failure;
        held.add(attempt);
    }

    /** Holds a record that has failed, for a while. */
    void holdFor(RoutedRecord attempt, Duration delay) {
        holding = true;
        attempt.dueNanos = clock.nanos() + delay.toNanos();
        held.add(attempt);
        clock.remind(attempt.dueNanos, () -> connection.wake(route));
    }

    /** Lets a record find out whether somebody subscribes by now; no other goes meanwhile. */
    void probe(RoutedRecord attempt) {
        probe = attempt;
    }

    /**
     * Takes back what came from other threads.
     *
     * @return whether nothing may go on, since the outcome of a probe is open
     */
    boolean collect() {
        boolean probing = probing();
        RoutedRecord back;
        while ((back = returned.poll()) != null) {
            held.add(back);
        }
        return probing;
    }

    /**
     * Goes on with what is held, as far as its time has come and there is room.
     *
     * @return whether nothing is held any more
     */
    boolean goOn() {
        RoutedRecord first;
        while ((first = held.peek()) != null) {
            if (!first.entry.abandoned() && first.dueNanos - clock.nanos() > 0) {
                return false;
            }
            held.remove();
            if (!first.entry.abandoned()) {
                proceed.accept(first);
            }
            if (held.peek() == first && first.failure == null) {
                // There is no room for it.
                proceedUrgent();
                return false;
            }
            if (probing()) {
                return false;
            }
        }
        holding = false;
        return true;
    }

    /** Goes on with what an earlier process had sent: it must not wait for what has no room. */
    private void proceedUrgent() {
        for (Partition partition : urgent.get()) {
            RoutedRecord first = firstOf(partition);
            if (first != null && first.failure == null && first.dueNanos - clock.nanos() <= 0) {
                held.remove(first);
                proceed.accept(first);
            }
        }
    }

    /** The oldest record of a partition that could not go on; null if there is none. */
    @Nullable
    RoutedRecord firstOf(Partition partition) {
        RoutedRecord first = null;
        for (RoutedRecord one : held) {
            RecordId record = one.record;
            if (record != null
                    && record.partition().equals(partition)
                    && !one.entry.abandoned()
                    && (first == null || one.compareTo(first) < 0)) {
                first = one;
            }
        }
        return first;
    }

    /** Says whether the outcome of a probe is open; one that was heard sets the others free that nobody had heard. */
    private boolean probing() {
        RoutedRecord one = probe;
        if (one == null) {
            return false;
        }
        if (one.out && !one.entry.abandoned()) {
            return true;
        }
        probe = null;
        if (one.failure == null && one.outgoing == null) {
            for (RoutedRecord other : held) {
                Failure failure = other.failure;
                if (failure != null && failure.kind() == Failure.Kind.UNHEARD) {
                    other.failure = null;
                }
            }
        }
        return false;
    }
}
