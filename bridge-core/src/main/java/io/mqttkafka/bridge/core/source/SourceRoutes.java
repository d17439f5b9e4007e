package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.routing.TopicFilter;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import java.util.Collection;
import java.util.List;

/** What is checked of the routes from MQTT when a bridge is built, and what they can promise. */
public final class SourceRoutes {
    private SourceRoutes() {}

    /** What voids QoS 1 and 2 is refused rather than weakened in silence. */
    public static void requireSession(MqttOptions mqtt, MqttToKafkaRoute route) {
        if (route.source().qos() == QoS.AT_MOST_ONCE) {
            return;
        }
        String asks = " but route '" + route.name() + "' asks for QoS "
                + route.source().qos().level() + "; ";
        if (mqtt.clientId() == null && route.source().clientId() == null) {
            throw new BridgeConfigException(
                    "mqtt.clientId: is not set," + asks + "set one that stays the same over restarts, or use QoS 0");
        }
        if (mqtt.cleanStart()) {
            throw new BridgeConfigException(
                    "mqtt.cleanStart: throws away what the broker queued," + asks + "leave it out, or use QoS 0");
        }
        if (mqtt.sessionExpiry().isZero()) {
            throw new BridgeConfigException("mqtt.sessionExpiry: 0 ends the session with the connection," + asks
                    + "set it longer than the longest outage, or use QoS 0");
        }
    }

    /** Another member of a share group can get a message again. */
    public static void requireOwnSession(SourceRoute route) {
        if (route.exactlyOnce() && route.filter().shareGroup() != null) {
            throw new BridgeConfigException("route '" + route.name() + "': fromMqtt: '"
                    + route.filter().subscription()
                    + "' is shared, so that another member of the group can get a message again; exactly once needs a"
                    + " subscription of its own, or declare the route effectivelyOnce()");
        }
    }

    /** To unsubscribe what is subscribed a moment later would lose what is published in between. */
    public static void requireOutdated(String unsubscribed, Collection<List<SourceRoute>> connections) {
        String filter;
        try {
            filter = TopicFilter.parse(unsubscribed).subscription();
        } catch (BridgeConfigException e) {
            throw new BridgeConfigException("mqtt.unsubscribe: " + e.getMessage(), e);
        }
        if (!connections.isEmpty()
                && connections.stream().allMatch(routes -> routes.stream()
                        .anyMatch(route -> route.filter().subscription().equals(filter)))) {
            throw new BridgeConfigException("mqtt.unsubscribe: '" + UntrustedText.escape(filter)
                    + "' is the filter of a route; leave one of them out");
        }
    }

    /** Says what a route can promise, with the MQTT broker as far as that is known. */
    public static RouteGuarantee guarantee(MqttOptions mqtt, SourceRoute route) {
        RouteGuarantee promised = promised(route);
        String weakness = route.standing().weakness();
        RouteGuarantee kept = weakness == null || route.qos() != QoS.EXACTLY_ONCE
                ? promised
                : new RouteGuarantee(route.name(), Guarantee.AT_LEAST_ONCE, "the MQTT broker " + weakness);
        String old = route.standing().remark(mqtt.version(), SourceOnMqtt311.REMARK);
        String doubt = route.standing().doubt();
        String more = (doubt == null ? "" : "; " + doubt) + old;
        return more.isEmpty() ? kept : new RouteGuarantee(kept.route(), kept.guarantee(), kept.reason() + more);
    }

    private static RouteGuarantee promised(SourceRoute route) {
        String order = route.filter().shareGroup() == null ? "" : "; order holds within this member of the share group";
        return switch (route.qos()) {
            case AT_MOST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_MOST_ONCE,
                        "QoS 0 is not acknowledged; what is shed is counted" + order);
            case AT_LEAST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_LEAST_ONCE,
                        "PUBACK follows Kafka's confirmation (acks=all); a crash repeats what was not acknowledged"
                                + order);
            case EXACTLY_ONCE -> route.exactlyOnce() ? exactlyOnce(route) : effectivelyOnce(route, order);
        };
    }

    private static RouteGuarantee exactlyOnce(SourceRoute route) {
        return new RouteGuarantee(
                route.name(),
                Guarantee.EXACTLY_ONCE,
                "one Kafka transaction holds the records and the packet ids; PUBREC follows its commit, PUBCOMP the commit of"
                        + " the removal; for consumers with isolation.level=read_committed");
    }

    private static RouteGuarantee effectivelyOnce(SourceRoute route, String order) {
        return new RouteGuarantee(
                route.name(),
                Guarantee.EFFECTIVELY_ONCE,
                "PUBREC follows Kafka's confirmation (acks=all); packet ids are remembered in this process, so that"
                        + " only its death can repeat the messages in flight"
                        + order);
    }
}
