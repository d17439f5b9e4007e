package io.mqttkafka.bridge.event;

/**
 * Is told what happens to a running bridge. Every method does nothing unless overridden.
 *
 * <p>All methods are called by one thread of the bridge, one at a time and in order. A slow listener delays no message;
 * if it falls more than 1,024 events behind, further events are dropped and their number is logged. An exception from a
 * listener is logged and otherwise ignored. New methods can be added in a minor release.
 *
 * <p>Implementations need not be thread-safe, unless they are given to several bridges.
 */
public interface BridgeListener {
    /**
     * A connection to the MQTT broker is up and subscribed.
     *
     * @param event the event
     */
    default void onConnected(Connected event) {}

    /**
     * A connection to the MQTT broker was lost, refused or given up.
     *
     * @param event the event
     */
    default void onDisconnected(Disconnected event) {}

    /**
     * The MQTT broker no longer had the session of a bridge that had been connected before. What it had queued is lost; what routes from
     * Kafka had published and not seen acknowledged is published again.
     *
     * @param event the event
     */
    default void onSessionLost(SessionLost event) {}

    /**
     * A route cannot keep what it had promised on the MQTT broker that it is connected to. Told once for each reason.
     *
     * @param event the event
     */
    default void onGuaranteeLowered(GuaranteeLowered event) {}

    /**
     * A message failed and will be tried again; later messages of the route wait.
     *
     * @param event the event
     */
    default void onRetry(Retry event) {}

    /**
     * A message was written to the dead letter topic and acknowledged.
     *
     * @param event the event
     */
    default void onDeadLettered(DeadLettered event) {}

    /**
     * A message was given up and acknowledged because the route says {@code skip()}.
     *
     * @param event the event
     */
    default void onSkipped(Skipped event) {}

    /**
     * Messages of QoS 0 were given up. Told at most once a second per route.
     *
     * @param event the event
     */
    default void onShed(Shed event) {}

    /**
     * A message that no route matches was acknowledged. Told at most once a second per connection.
     *
     * @param event the event
     */
    default void onUnrouted(Unrouted event) {}

    /**
     * Messages were taken for delivered although nobody subscribes to them, because the route says {@code accept()}. Told at
     * most once a second per route.
     *
     * @param event the event
     */
    default void onUnheard(Unheard event) {}

    /**
     * A route has stopped a message that it would have sent back to where the bridge had taken it from, or that claims to have
     * passed too many bridges. Told once per route; {@code RouteCounts.looped()} counts them.
     *
     * @param event the event
     */
    default void onLooped(Looped event) {}

    /**
     * A route has stopped because a message failed; nothing more is taken for it.
     *
     * @param event the event
     */
    default void onRouteStopped(RouteStopped event) {}

    /**
     * The oldest unacknowledged message is older than the stall threshold: Kafka, or for routes from Kafka the
     * MQTT broker, does not confirm. Told once per threshold
     * while it lasts.
     *
     * @param event the event
     */
    default void onStalled(Stalled event) {}

    /**
     * The bridge is degraded for one more reason: Kafka or an MQTT connection is away, messages wait for longer than the stall
     * threshold, or a route has stopped. Told once for each reason while that lasts, and not before the bridge has started.
     *
     * @param event the event
     */
    default void onDegraded(Degraded event) {}

    /**
     * A reason why the bridge was degraded has gone. When it was the last one, the bridge is running again.
     *
     * @param event the event
     */
    default void onRecovered(Recovered event) {}

    /**
     * The state of the bridge has changed.
     *
     * @param event the event
     */
    default void onStateChanged(StateChanged event) {}
}
