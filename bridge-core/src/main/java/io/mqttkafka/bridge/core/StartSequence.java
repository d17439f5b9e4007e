package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.core.connection.Runner;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts runners one after the other, on a thread of its own: so a step that cannot be hurried holds nobody up beyond the start
 * timeout, and what is not up by then can go on in the background. Thread-safe.
 */
final class StartSequence {
    /** A step that is over time is given a moment to say why. */
    private static final Duration LAST_WORD = Duration.ofMillis(500);

    private static final Duration CANCEL_PATIENCE = Duration.ofSeconds(2);

    private final List<Runner> runners;
    private final Thread thread;
    private final CompletableFuture<Void> outcome = new CompletableFuture<>();
    private volatile boolean cancelled;
    private volatile @Nullable Runner present;

    /**
     * Makes a sequence that does nothing yet.
     *
     * @param runners what to start, in order
     * @param deadlineNanos when each gives up, by {@link System#nanoTime()}
     */
    StartSequence(List<Runner> runners, long deadlineNanos) {
        this.runners = runners;
        thread = new Thread(() -> run(deadlineNanos), "bridge-start");
        thread.setDaemon(true);
    }

    /** Begins. */
    void begin() {
        thread.start();
    }

    private void run(long deadlineNanos) {
        try {
            for (Runner runner : runners) {
                if (cancelled) {
                    break;
                }
                present = runner;
                start(runner, deadlineNanos);
            }
            outcome.complete(null);
        } catch (RuntimeException | Error e) {
            outcome.completeExceptionally(e);
        }
    }

    private void start(Runner runner, long deadlineNanos) {
        try {
            runner.start(deadlineNanos);
        } finally {
            if (cancelled) {
                // It may have been closed before it had begun what it has just begun. Closing must not be interrupted.
                Thread.interrupted();
                runner.close(Duration.ZERO);
            }
        }
    }

    /**
     * Waits for the end of it.
     *
     * @param timeout how long to wait
     * @return whether everything has started; false if the time is over
     * @throws InterruptedException if the waiting thread was interrupted
     */
    boolean await(Duration timeout) throws InterruptedException {
        try {
            outcome.get(timeout.plus(LAST_WORD).toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    /**
     * Calls back when it has ended, now if it has.
     *
     * @param ended is given what it has met with, or null if everything has started
     */
    void whenEnded(Consumer<@Nullable Throwable> ended) {
        outcome.whenComplete((nothing, failure) -> ended.accept(failure));
    }

    /** Says whether what it is about to start has not got as far as asking the MQTT broker. */
    boolean isBeforeBroker() {
        Runner runner = present;
        return runner == null || !runner.askedBroker();
    }

    /** Says what the attempts to connect have met with last; null if with nothing. */
    @Nullable
    LastError lastError() {
        Runner runner = present;
        return runner == null ? null : runner.health().lastError();
    }

    /** Starts nothing more, and interrupts what is under way. */
    void cancel() {
        cancelled = true;
        thread.interrupt();
        awaitEnd(CANCEL_PATIENCE);
    }

    /**
     * Waits until it starts nothing any more, but not longer than that: a host name can take long to look up, and nothing interrupts
     * that. What comes up then is closed at once.
     */
    private void awaitEnd(Duration patience) {
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(patience.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
