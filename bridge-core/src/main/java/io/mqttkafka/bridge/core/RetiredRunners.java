package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.core.connection.Runner;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Closes runners that have stopped for good, each on a thread of its own, so that nothing of them is left: neither a thread nor a
 * connection that is made again and again for nobody. Thread-safe.
 */
final class RetiredRunners {
    private final Duration drainTimeout;
    private final Runnable closed;

    // Guarded by this.
    private final Set<Runner> retiring = new LinkedHashSet<>();
    private final Set<Runner> gone = new HashSet<>();

    /**
     * Makes it.
     *
     * @param drainTimeout how long a runner may wait for what is in flight on its routes
     * @param closed is run whenever one is closed
     */
    RetiredRunners(Duration drainTimeout, Runnable closed) {
        this.drainTimeout = drainTimeout;
        this.closed = closed;
    }

    /** Closes a runner, once. Does not wait. */
    synchronized void retire(Runner runner) {
        if (retiring.add(runner)) {
            Thread closer = new Thread(() -> close(runner), "bridge-retire");
            closer.setDaemon(true);
            closer.start();
        }
    }

    private void close(Runner runner) {
        runner.close(drainTimeout);
        synchronized (this) {
            gone.add(runner);
        }
        closed.run();
    }

    /** Says why the first of them has stopped. */
    synchronized @Nullable Throwable firstFailure() {
        return retiring.stream()
                .map(Runner::failure)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Says how many are closed. */
    synchronized int count() {
        return gone.size();
    }
}
