package io.mqttkafka.bridge;

/**
 * What becomes of a start whose brokers are not there in time.
 *
 * <p>Immutable.
 */
public enum StartMode {
    /** {@link Bridge#start()} fails when the start timeout is over, and the bridge is closed. The default. */
    UNTIL_TIMEOUT,

    /**
     * {@link Bridge#start()} returns when the start timeout is over, and the bridge goes on in the background: it is {@link
     * BridgeState#DEGRADED} until everything is up, and says what it waits for.
     *
     * <p>Only a broker that does not answer is waited for. What somebody has to mend, such as refused credentials or a topic
     * that does not exist, fails as ever: {@link Bridge#start()} throws if that shows before the timeout, and later the bridge
     * is {@link BridgeState#FAILED}, which {@link Bridge#awaitClosed()} throws.
     */
    IN_BACKGROUND
}
