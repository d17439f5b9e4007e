package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.route.CompiledRoute;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.spi.LastAction.Stop;
import java.util.List;

/** Says in words, with the mend, why a route has stopped. */
public final class StopText {
    private StopText() {}

    /**
     * Says why a message stopped its route.
     *
     * @param said what became of the message
     * @param policy what the route does with messages that fail
     * @return the cause, and what else the route could do, which its author may not know of
     */
    public static String atMessage(String said, FailurePolicy policy) {
        return said
                + (policy.lastAction() instanceof Stop
                        ? "; the default is to stop at such a message rather than to lose it: onFailure(..) of the route can try"
                                + " it again (retry), put it aside (deadLetter) or leave it out (skip)"
                        : "");
    }

    /**
     * Says on which connection it happened.
     *
     * @param clientId the client id
     * @param reason what happened
     * @return both
     */
    public static String onConnection(String clientId, String reason) {
        return "'" + UntrustedText.escape(clientId) + "': " + reason;
    }

    /** Names the topic of a message that must not have come, with a blank before it; empty if even that cannot be read. */
    public static String onTopic(PublishFrame frame) {
        try {
            return " on '" + UntrustedText.escape(frame.topic()) + "'";
        } catch (MalformedPacketException e) {
            return "";
        }
    }

    /**
     * Words that a message came to a connection that only publishes.
     *
     * @param frame the message
     * @param clientId the client id of the connection
     * @param option sets that client id
     * @return the message
     */
    public static String uninvited(PublishFrame frame, String clientId, String option) {
        return "a message" + onTopic(frame) + " came for '" + UntrustedText.escape(clientId)
                + "', which subscribes to nothing: another client subscribed in its session; use " + option;
    }

    /**
     * Words what happened to a connection whose client id another has used.
     *
     * @param clientId the client id
     * @param options the MQTT side
     * @param routes the routes that use it
     * @return the message
     */
    public static String takenOver(String clientId, MqttOptions options, List<? extends CompiledRoute> routes) {
        return option(clientId, options, routes) + ": another client, perhaps a second bridge, connected as '"
                + UntrustedText.escape(clientId) + "'" + derived(clientId, options)
                + " and took the session over; give each client an id of its own";
    }

    /**
     * Words what happened to a transactional id that another has used.
     *
     * @param clientId the client id of which it is made
     * @param options the MQTT side
     * @param routes the routes that use it
     * @return the message
     */
    public static String fenced(String clientId, MqttOptions options, List<? extends CompiledRoute> routes) {
        return option(clientId, options, routes) + ": another bridge with the client id '"
                + UntrustedText.escape(clientId) + "'" + derived(clientId, options)
                + " has taken the transactional id over, which is made of it; give each bridge a client id of its own, or,"
                + " if they serve different MQTT brokers, a kafka.transactions.idPrefix of its own";
    }

    private static String option(String clientId, MqttOptions options, List<? extends CompiledRoute> routes) {
        boolean ofBridge = clientId.equals(options.clientId()) || isDerived(clientId, options);
        return ofBridge || routes.isEmpty()
                ? "mqtt.clientId"
                : "route '" + routes.get(0).name() + "': clientId";
    }

    private static boolean isDerived(String clientId, MqttOptions options) {
        return options.clientId() != null && clientId.equals(options.clientId() + "-out");
    }

    private static String derived(String clientId, MqttOptions options) {
        return isDerived(clientId, options) ? ", which is the bridge's with '-out' for routes from Kafka," : "";
    }
}
