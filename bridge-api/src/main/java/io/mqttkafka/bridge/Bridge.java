package io.mqttkafka.bridge;

import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;

/**
 * A bridge between an MQTT broker and Kafka.
 *
 * <p>Its life: {@linkplain #builder() build}, {@link #start()}, run, {@link #close()}. A bridge is used once; build
 * another to start again. While it runs it re-establishes broken connections by itself.
 *
 * <p>All threads of a bridge are daemons: it does not keep the JVM alive. A {@code main} that has nothing else to do calls {@link
 * #awaitClosed()} after {@link #start()}, or the process ends at once, with status 0.
 *
 * <p>Every message ends in exactly one of these: delivered and acknowledged, dead-lettered and acknowledged, dropped by a
 * policy the user chose (counted), or not acknowledged and delivered again by the MQTT broker. Nothing is acknowledged
 * that Kafka has not confirmed.
 *
 * <p>Thread-safe.
 */
public interface Bridge extends AutoCloseable {
    /**
     * Starts the definition of a bridge.
     *
     * @return a builder without options or routes
     */
    static BridgeBuilder builder() {
        return new BridgeBuilder();
    }

    /**
     * Connects to Kafka, then to the MQTT broker, subscribes, and returns when every route takes messages.
     *
     * <p>An attempt that can succeed later (a broker that does not answer) is repeated until the start timeout is over;
     * one that cannot (refused credentials, wrong TLS host, unknown topic) fails at once. After a failed start the bridge
     * is closed, and nothing that arrived meanwhile has been acknowledged without Kafka's confirmation.
     *
     * <p>With {@link StartMode#IN_BACKGROUND} it returns when the start timeout is over, and waits for the brokers in the
     * background.
     *
     * @return this bridge
     * @throws BridgeStartException if a broker cannot be reached or refuses what the routes need; the message names the
     *     option and the mend
     * @throws BridgeClosedException if the bridge was closed before or meanwhile
     * @throws IllegalStateException if it was started before
     * @throws BridgeException if the start fails otherwise
     */
    Bridge start();

    /**
     * Closes the bridge with the drain time of its options (10 seconds unless set). The same as {@code
     * close(drainTimeout)}.
     */
    @Override
    void close();

    /**
     * Takes no more messages, waits until those in flight are confirmed by Kafka and acknowledged, then disconnects and
     * leaves the MQTT session in place, so that the broker keeps queueing for the next start. What is not confirmed in
     * time is not acknowledged, and is delivered again at the next start. Closing twice has no effect. Returns when every
     * thread and socket of the bridge is gone.
     *
     * @param drainTimeout how long to wait for messages in flight; zero waits for nothing
     * @throws IllegalArgumentException if {@code drainTimeout} is negative
     */
    void close(Duration drainTimeout);

    /**
     * Waits until the bridge is closed, or has failed. Does not close it. A bridge that was not started is waited for too.
     *
     * <p>Not to be called by a listener, a codec or a function of a route, for whose return closing waits.
     *
     * @throws BridgeFailedException if the bridge is, or was before it was closed, {@link BridgeState#FAILED}; its cause is
     *     what stopped the first route. Thrown at each call, so that no caller takes a failure for an end in order
     * @throws InterruptedException if the waiting thread is interrupted, or was before; the bridge goes on
     */
    void awaitClosed() throws InterruptedException;

    /**
     * Waits until the bridge is closed or has failed, but no longer than that. Otherwise the same as {@link #awaitClosed()}.
     *
     * @param timeout how long to wait; zero only looks
     * @return whether the bridge is closed; false if the time is over
     * @throws IllegalArgumentException if {@code timeout} is negative
     * @throws BridgeFailedException if the bridge is, or was before it was closed, {@link BridgeState#FAILED}
     * @throws InterruptedException if the waiting thread is interrupted, or was before; the bridge goes on
     */
    boolean awaitClosed(Duration timeout) throws InterruptedException;

    /**
     * Returns where the bridge is in its life.
     *
     * @return the current state
     */
    BridgeState state();

    /**
     * Takes a snapshot of connections, routes and counts. Cheap enough to be called every second.
     *
     * @return the snapshot
     */
    BridgeHealth health();

    /**
     * Says what each route guarantees and why. Known when the bridge is built; also logged at start.
     *
     * @return one entry per route, in the order in which they were added
     */
    List<RouteGuarantee> guarantees();
}
