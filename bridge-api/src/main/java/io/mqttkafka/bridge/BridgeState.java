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

    /** Every connection is up and every route takes messages. */
    RUNNING,

    /** Started, but a connection is being re-established or a route has stopped; the others go on. */
    DEGRADED,

    /** {@link Bridge#close()} waits for the messages in flight. */
    DRAINING,

    /** Closed. Terminal. */
    CLOSED,

    /** Every route has stopped because of failures; see {@link BridgeHealth}. Terminal but for {@link Bridge#close()}. */
    FAILED
}
