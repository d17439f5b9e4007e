package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.event.GuaranteeLowered;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges what the MQTT broker grants by what the routes of a connection need, and tells what is less than asked for. */
final class SinkLimits {
    private static final Logger log = LoggerFactory.getLogger(SinkLimits.class);
    private static final String NO_SESSION =
            "it ends the session with the connection (session expiry 0), so that a broken"
                    + " connection repeats the messages in flight";

    private final String clientId;
    private final MqttOptions options;
    private final List<SinkRoute> routes;
    private final boolean exactlyOnce;
    private final boolean shared;
    private final BridgeEvents events;

    /**
     * Makes a judge.
     *
     * @param exactlyOnce whether a route publishes exactly once, for which the session has to be found again
     * @param shared whether other routes publish on the same connection as such a one
     * @param events tells the listeners
     */
    SinkLimits(
            String clientId,
            MqttOptions options,
            List<SinkRoute> routes,
            boolean exactlyOnce,
            boolean shared,
            BridgeEvents events) {
        this.events = events;
        this.clientId = clientId;
        this.options = options;
        this.routes = routes;
        this.exactlyOnce = exactlyOnce;
        this.shared = shared;
    }

    /** Says whether all routes can publish. */
    boolean fit(BrokerLimits limits) {
        return routes.stream().allMatch(route -> obstacle(route, limits) == null);
    }

    /** Says why a route cannot publish; null if it can. */
    private @Nullable String obstacle(SinkRoute route, BrokerLimits limits) {
        String problem = limits.version().hasProperties() ? null : SinkOnMqtt311.problem(route);
        if (problem != null) {
            return problem;
        }
        if (route.qos.level() > limits.maximumQos()) {
            return "qos: the MQTT broker supports QoS 0 to " + limits.maximumQos() + " only; lower the QoS";
        }
        if (route.mayRetain() && !limits.has(Feature.RETAIN)) {
            return "retain: the MQTT broker keeps no retained messages; leave it out";
        }
        if (route.exactlyOnce && shared && limits.receiveMaximum() == 1) {
            return "qos: the MQTT broker takes one message at a time (receive maximum 1), and other routes publish on"
                    + " the same connection; give this route a clientId of its own";
        }
        return null;
    }

    void require(BrokerLimits limits) throws MqttConnectException {
        for (SinkRoute route : routes) {
            String obstacle = obstacle(route, limits);
            if (obstacle != null) {
                throw refused("route '" + route.name() + "': " + obstacle);
            }
            boolean endsSession = route.exactlyOnce && limits.sessionExpirySeconds() == 0;
            if (route.standing.weakness(endsSession ? NO_SESSION : null)) {
                log.warn("Route '{}' is not exactly once on this MQTT broker: {}", route.name(), NO_SESSION);
                events.tellSurely(listener -> listener.onGuaranteeLowered(
                        new GuaranteeLowered(route.name(), Guarantee.AT_LEAST_ONCE, NO_SESSION)));
            }
            route.standing.speaks(limits.version());
        }
        String assigned = limits.assignedClientId();
        if (exactlyOnce && assigned != null && !assigned.equals(clientId)) {
            throw refused("mqtt.clientId: the MQTT broker calls us '" + UntrustedText.escape(assigned)
                    + "' instead of '"
                    + UntrustedText.escape(clientId)
                    + "', so that the session could not be found again; allow the id"
                    + " there, choose another, or declare the routes effectivelyOnce()");
        }
        if (limits.receiveMaximum() < options.sendMaximum()) {
            log.info(
                    "'{}': the MQTT broker takes {} messages at a time (receive maximum), fewer than mqtt.sendMaximum {}",
                    clientId,
                    limits.receiveMaximum(),
                    options.sendMaximum());
        }
        long granted = limits.sessionExpirySeconds();
        if (exactlyOnce && granted > 0 && granted < options.sessionExpiry().toSeconds()) {
            log.warn(
                    "'{}': the MQTT broker keeps the session for {} s only, not {} s as mqtt.sessionExpiry asks; a longer outage "
                            + "repeats the messages in flight",
                    clientId,
                    granted,
                    options.sessionExpiry().toSeconds());
        }
    }

    private static MqttConnectException refused(String why) {
        return new MqttConnectException(MqttConnectException.Kind.REFUSED, why, null);
    }
}
