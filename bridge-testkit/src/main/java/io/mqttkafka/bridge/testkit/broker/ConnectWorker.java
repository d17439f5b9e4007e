package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Ports;
import java.util.Map;

/**
 * One distributed worker of an {@link EmbeddedConnect}, which keeps its address over restarts.
 *
 * <p>Thread-safe.
 */
public abstract class ConnectWorker {

    private final int port;
    private final Map<String, String> properties;

    ConnectWorker(int port, Map<String, String> properties) {
        this.port = port;
        this.properties = properties;
    }

    /** Returns the address of its REST interface, without a slash at the end. */
    public final String url() {
        return "http://" + Ports.LOOPBACK + ":" + port;
    }

    /** Says whether it has been started, and not stopped or killed since. */
    public abstract boolean isRunning();

    /** Stops it in an orderly way: its tasks are stopped and go to other workers. Does nothing if it is not running. */
    public abstract void stop();

    /**
     * Ends it without giving it a chance to notice (SIGKILL).
     *
     * @throws IllegalStateException if it runs in this JVM, or does not run
     */
    public abstract void kill();

    /**
     * Freezes it (SIGSTOP): its connections stay open and silent.
     *
     * @throws IllegalStateException if it runs in this JVM, or does not run
     */
    public abstract void pause();

    /**
     * Lets it go on after {@link #pause()} (SIGCONT).
     *
     * @throws IllegalStateException if it runs in this JVM, or does not run
     */
    public abstract void resume();

    /** Starts it, after stopping it if it runs, and returns when it answers; it may have no tasks yet. */
    public final void restart() {
        stop();
        launch();
        ConnectRest.awaitHealthy(url(), this::isAlive, this::output);
    }

    /** Begins to start. */
    abstract void launch();

    /** Says whether what was launched can still become a worker. */
    abstract boolean isAlive();

    /** Returns the end of what it printed, for an error. */
    abstract String output();

    final int port() {
        return port;
    }

    final Map<String, String> properties() {
        return properties;
    }

    /** Shows the address and whether it runs. */
    @Override
    public String toString() {
        return "ConnectWorker[" + url() + (isRunning() ? "" : ", not running") + "]";
    }
}
