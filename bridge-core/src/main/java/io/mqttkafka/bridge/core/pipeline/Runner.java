package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import java.time.Duration;

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

    /**
     * Takes a snapshot.
     *
     * @return the state of the connection
     */
    ConnectionHealth health();
}
