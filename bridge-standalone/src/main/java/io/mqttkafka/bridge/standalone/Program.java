package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What all commands share: the environment, and the bridge that a signal stops. Thread-safe. */
final class Program {
    private final Function<String, @Nullable String> environment;
    private volatile boolean stopRequested;
    private volatile @Nullable Bridge bridge;
    private volatile Duration drainTimeout = Duration.ofSeconds(10);

    Program(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    Function<String, @Nullable String> environment() {
        return environment;
    }

    Secrets secrets() {
        return new Secrets(environment);
    }

    /** Says which bridge runs. */
    void runs(Bridge running, Duration drain) {
        drainTimeout = drain;
        bridge = running;
    }

    /** Asks the bridge to stop, if one runs, and keeps one from starting. Returns when it has stopped. */
    void requestStop() {
        stopRequested = true;
        close();
    }

    /** Closes the bridge that runs, if one does. */
    void close() {
        Bridge running = bridge;
        if (running != null) {
            running.close(drainTimeout);
        }
    }

    boolean stopRequested() {
        return stopRequested;
    }
}
