package io.mqttkafka.bridge.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until the test moves it, with a schedule that runs as it moves.
 *
 * <pre>{@code
 * ManualClock clock = new ManualClock();
 * try (FakeMqttBroker broker = FakeMqttBroker.builder().clock(clock).start()) {
 *     ...
 *     clock.advance(Duration.ofDays(7)); // sessions expire, wills are published, keep-alives run out
 * }
 * }</pre>
 *
 * <p>It starts at the epoch. Thread-safe.
 */
public final class ManualClock implements InstantSource {

    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private Instant now = Instant.EPOCH;
    private long scheduled;

    /** Something that is to run later. */
    private static final class Task implements Comparable<Task> {
        private final Instant at;
        private final long number;
        private final Runnable action;

        Task(Instant at, long number, Runnable action) {
            this.at = at;
            this.number = number;
            this.action = action;
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
        Task task = new Task(now.plus(delay), scheduled++, action);
        tasks.add(task);
        return () -> cancel(task);
    }

    /**
     * Moves the clock and runs what is due, in the order of its time; each action sees the clock at its own time.
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
