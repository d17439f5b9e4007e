package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Keeps one MQTT connection up and does the work of the routes on it. Thread-safe. */
public interface Runner {
    /**
     * Connects to Kafka and to the MQTT broker, and returns when its routes are at work.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @throws io.mqttkafka.bridge.error.BridgeException if it does not come about
     */
    void start(long deadlineNanos);

    /**
     * Takes nothing more, waits for what is in flight, disconnects, and returns when nothing of it is left.
     *
     * @param timeout how long to wait for messages in flight
     */
    void close(Duration timeout);

    /** Says whether the connection is up and in use. */
    boolean connected();

    /** Says whether it has stopped for good. */
    boolean finished();

    /** Says whether its start has got as far as asking the MQTT broker for a connection. */
    boolean askedBroker();

    /** Says why it has stopped for good, or why the first of its routes has; null if there is nothing to say. */
    @Nullable
    Throwable failure();

    /**
     * Takes a snapshot.
     *
     * @return the state of the connection
     */
    ConnectionHealth health();
}
