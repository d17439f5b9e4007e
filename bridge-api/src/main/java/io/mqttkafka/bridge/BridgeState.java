package io.mqttkafka.bridge;

/**
 * Where a bridge is in its life. States follow each other downwards, with two exceptions: {@link #RUNNING} and {@link
 * #DEGRADED} alternate, and {@link #FAILED} comes out of these two and can be followed by {@link #CLOSED} alone.
 *
 * <p>Immutable.
 */
public enum BridgeState {
    /** Built, not started. */
    NEW,

    /** {@link Bridge#start()} is connecting and subscribing. */
    STARTING,

    /** Kafka and every connection are there, no message waits for too long, and every route takes messages. */
    RUNNING,

    /**
     * Started, but Kafka or the MQTT broker is away, messages wait for longer than the stall threshold, or a route has stopped;
     * whatever can go on does. {@link BridgeHealth#degradations()} names the reasons, and when the last of them has gone the
     * bridge is running again.
     */
    DEGRADED,

    /** {@link Bridge#close()} waits for the messages in flight. */
    DRAINING,

    /** Closed. Terminal. */
    CLOSED,

    /**
     * Every route has stopped because of failures, or a start in the background was refused; see {@link BridgeHealth} and {@link
     * Bridge#awaitClosed()}. No connection and no thread of the bridge is left. Terminal but for {@link Bridge#close()}.
     */
    FAILED
}
