package io.mqttkafka.bridge.testkit;

import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until the test moves it, with a schedule that runs as it moves.
 *
 * <pre>{@code
 * ManualClock clock = new ManualClock();
 * try (FakeMqttBroker mqtt = FakeMqttBroker.builder().clock(clock).start();
 *         FakeKafka kafka = FakeKafka.builder().clock(clock).start();
 *         Bridge bridge = application.newBridge(mqtt.serverUri(), kafka.bootstrapServers()).start()) {
 *     mqtt.dropConnection("edge-1");
 *     clock.advance(clock.awaitPause()); // the bridge connects again
 *     clock.advance(Duration.ofDays(7)); // sessions expire, wills are published, keep-alives run out
 * }
 * }</pre>
 *
 * <p>A bridge lives by the clock of the {@link io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka} that it is given: delays before
 * it connects again, before it tries a message again, and the expiry of messages. What guards against others that do not
 * answer, such as the timeouts of start and close, goes by the machine's time, as does what a bridge gathers for a moment,
 * such as transactions. Its MQTT client pings by the machine's time too, so that a broker that shares the clock misses pings
 * if that moves by more than one and a half keep-alives: set {@code mqtt.keepAlive(..)} long enough. Whether Kafka is there a bridge
 * asks by this clock: every 5 s, and it takes 10 s without an answer for an outage.
 *
 * <p>It starts at the epoch. Thread-safe.
 */
public final class ManualClock implements BridgeClock {

    /** How long {@link #awaitPause} waits, by the machine's time. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<Runnable> told = new CopyOnWriteArrayList<>();
    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private Instant now = Instant.EPOCH;
    private long scheduled;

    /** Something that is to run later. */
    private static final class Task implements Comparable<Task> {
        private final Instant at;
        private final long number;
        private final Runnable action;
        private final boolean pause;

        Task(Instant at, long number, Runnable action, boolean pause) {
            this.at = at;
            this.number = number;
            this.action = action;
            this.pause = pause;
        }

        @Override
        public int compareTo(Task other) {
            int byTime = at.compareTo(other.at);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Task task && task.number == number;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number);
        }
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    /**
     * Runs an action when the clock has moved this far, on the thread that moves it.
     *
     * @return what cancels it; does nothing once it has run
     */
    public synchronized Runnable schedule(Duration delay, Runnable action) {
        Task task = new Task(now.plus(delay), scheduled++, action, false);
        tasks.add(task);
        return () -> cancel(task);
    }

    /** Runs an action each time the clock has moved, on the thread that moves it, after what was due. */
    public void onAdvance(Runnable action) {
        told.add(action);
    }

    /**
     * Waits until a bridge pauses for this clock, or a {@link io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka} delays something,
     * and returns how far the clock has to move for the first of these to end.
     *
     * <p>What a fake MQTT broker has scheduled does not count, nor does the next time that a bridge looks whether Kafka is there. A
     * route that has stopped pauses for a day.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public synchronized Duration awaitPause() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Instant end = firstPause();
        while (end == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("Expected a bridge to pause for the clock, but within " + PATIENCE.toSeconds()
                        + " s none does; does it use a FakeKafka that has this clock?");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted while waiting for a bridge to pause", e);
            }
            end = firstPause();
        }
        return Duration.between(now, end);
    }

    private @Nullable Instant firstPause() {
        return tasks.stream()
                .filter(task -> task.pause)
                .map(task -> task.at)
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /**
     * Moves the clock and runs what is due, in the order of its time; each action sees the clock at its own time. Pauses
     * that are over by then end on threads of their own, which see the clock where it has come to: move it to the end of a
     * pause, wait for what is to follow, and only then move it further.
     *
     * <p>Another thread must not move the clock meanwhile.
     *
     * @throws IllegalArgumentException if the duration is negative
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("A clock cannot go back, but the duration is " + duration);
        }
        Instant target = instant().plus(duration);
        for (Task due = nextUntil(target); due != null; due = nextUntil(target)) {
            due.action.run();
        }
        told.forEach(Runnable::run);
    }

    // For bridges.

    @Override
    public long nanos() {
        return Duration.between(Instant.EPOCH, instant()).toNanos();
    }

    @Override
    public void await(Object monitor, long untilNanos) throws InterruptedException {
        await(monitor, untilNanos, true);
    }

    @Override
    public void awaitRound(Object monitor, long untilNanos) throws InterruptedException {
        await(monitor, untilNanos, false);
    }

    @SuppressWarnings("WaitNotInLoop") // the caller's loop
    private void await(Object monitor, long untilNanos, boolean pause) throws InterruptedException {
        Task task = wait(untilNanos, pause, () -> {
            synchronized (monitor) {
                monitor.notifyAll();
            }
        });
        if (task != null) {
            try {
                monitor.wait();
            } finally {
                cancel(task);
            }
        }
    }

    @Override
    public void park(Object blocker, long untilNanos) {
        Thread parked = Thread.currentThread();
        Task task = pause(untilNanos, () -> LockSupport.unpark(parked));
        if (task != null) {
            LockSupport.park(blocker);
            cancel(task);
        }
    }

    @Override
    public void remind(long atNanos, Runnable wake) {
        if (pause(atNanos, wake) == null) {
            wake.run();
        }
    }

    /** Notes a pause; null if it is over already. */
    private @Nullable Task pause(long untilNanos, Runnable end) {
        return wait(untilNanos, true, end);
    }

    private synchronized @Nullable Task wait(long untilNanos, boolean pause, Runnable end) {
        Instant until = Instant.EPOCH.plusNanos(untilNanos);
        if (!until.isAfter(now)) {
            return null;
        }
        Task task = new Task(until, scheduled++, end, pause);
        tasks.add(task);
        notifyAll();
        return task;
    }

    private synchronized void cancel(Task task) {
        tasks.remove(task);
    }

    private synchronized @Nullable Task nextUntil(Instant target) {
        Task next = tasks.peek();
        if (next == null || next.at.isAfter(target)) {
            now = target;
            return null;
        }
        now = next.at;
        return tasks.poll();
    }
}
