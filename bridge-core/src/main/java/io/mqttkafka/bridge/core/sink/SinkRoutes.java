package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What routes from Kafka need of the options and of each other, and what they promise. */
public final class SinkRoutes {
    private SinkRoutes() {}

    /** The consumer group of a route: a name that stays the same over restarts. */
    public static String group(MqttOptions mqtt, KafkaToMqttRoute route) {
        String group = route.source().group();
        if (group != null) {
            return group;
        }
        if (mqtt.clientId() == null) {
            throw new BridgeConfigException("route '" + route.name()
                    + "': group: is not set, and there is no mqtt.clientId to make one of; name a group that stays the same"
                    + " over restarts, or records would be repeated or left out");
        }
        return "bridge-" + mqtt.clientId();
    }

    /** Refuses routes that would take each other's connection or records away. */
    public static void requireApart(Map<String, List<SinkRoute>> sinks, Set<String> sourceClientIds) {
        List<SinkRoute> all = new ArrayList<>();
        sinks.forEach((clientId, routes) -> {
            if (sourceClientIds.contains(clientId)) {
                throw new BridgeConfigException("route '" + routes.get(0).name() + "': clientId: '" + clientId
                        + "' is used by a route from MQTT, and they would take each other's session over; give the routes"
                        + " from Kafka another one");
            }
            requireSameWay(clientId, routes);
            all.addAll(routes);
        });
        for (int i = 0; i < all.size(); i++) {
            for (int j = i + 1; j < all.size(); j++) {
                if (all.get(i).sharesRecordsWith(all.get(j))) {
                    throw new BridgeConfigException("route '" + all.get(j).name() + "': group: '"
                            + all.get(j).group() + "' is also the group of route '"
                            + all.get(i).name()
                            + "', which reads the same topics, so that each record would go to only one of them; give"
                            + " one a group of its own");
                }
            }
        }
    }

    /** What voids exactly once is refused rather than weakened in silence. */
    public static void requireSession(MqttOptions mqtt, KafkaToMqttRoute route, SinkRoute compiled) {
        if (!compiled.exactlyOnce()) {
            return;
        }
        String asks = " but route '" + route.name() + "' publishes exactly once; ";
        String otherwise = ", or declare the route effectivelyOnce()";
        if (mqtt.clientId() == null && route.source().clientId() == null) {
            throw new BridgeConfigException(
                    "mqtt.clientId: is not set," + asks + "set one that stays the same over restarts" + otherwise);
        }
        if (mqtt.cleanStart()) {
            throw new BridgeConfigException(
                    "mqtt.cleanStart: makes the MQTT broker forget packet ids," + asks + "leave it out" + otherwise);
        }
        if (mqtt.sessionExpiry().isZero()) {
            throw new BridgeConfigException("mqtt.sessionExpiry: 0 ends the session with the connection," + asks
                    + "set it longer than the longest outage" + otherwise);
        }
    }

    /** What a route needs that the version does not have is refused rather than left out in silence. */
    public static void requireVersion(MqttOptions mqtt, SinkRoute route) {
        String problem = mqtt.version() == MqttVersion.V3_1_1 ? SinkOnMqtt311.problem(route) : null;
        if (problem != null) {
            throw new BridgeConfigException("route '" + route.name() + "': " + problem);
        }
    }

    /** Packet ids that nobody remembers must not get into a session that goes on. */
    private static void requireSameWay(String clientId, List<SinkRoute> routes) {
        for (SinkRoute exact : routes) {
            for (SinkRoute other : routes) {
                if (exact.exactlyOnce() && other.qos() == QoS.EXACTLY_ONCE && !other.exactlyOnce()) {
                    throw new BridgeConfigException(
                            "route '" + other.name() + "': effectivelyOnce: route '" + exact.name()
                                    + "' publishes exactly once on the same connection ('" + clientId
                                    + "'), whose session goes on over restarts; give one of them a clientId of its own");
                }
            }
        }
    }

    public static RouteGuarantee guarantee(MqttOptions mqtt, SinkRoute route) {
        RouteGuarantee sent = sent(mqtt, route);
        String old = route.standing.remark(mqtt.version(), SinkOnMqtt311.REMARK);
        // The promise ends at the broker: what it throws away it need not tell.
        String unheard = route.qos() == QoS.AT_MOST_ONCE || route.acceptsUnheard()
                ? ""
                : "; a message that nobody subscribes to is noticed only if the MQTT broker says so (0x10)";
        return old.isEmpty() && unheard.isEmpty()
                ? sent
                : new RouteGuarantee(sent.route(), sent.guarantee(), sent.reason() + unheard + old);
    }

    private static RouteGuarantee sent(MqttOptions mqtt, SinkRoute route) {
        return switch (route.qos()) {
            case AT_MOST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_MOST_ONCE,
                        "QoS 0 is not acknowledged: a message is lost if the connection breaks after its bytes have left;"
                                + " a crash can repeat those whose offsets were not committed yet");
            case AT_LEAST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_LEAST_ONCE,
                        "the offset is committed after PUBACK; a broken connection, a rebalance or a crash repeats what was"
                                + " not acknowledged or committed");
            case EXACTLY_ONCE -> {
                if (route.exactlyOnce()) {
                    yield exactlyOnce(route);
                }
                boolean kept = !mqtt.cleanStart() && !mqtt.sessionExpiry().isZero();
                yield kept
                        ? new RouteGuarantee(
                                route.name(),
                                Guarantee.EFFECTIVELY_ONCE,
                                "the offset is committed after PUBCOMP; packet ids live in this process and the MQTT session,"
                                        + " so that only the death of the process, a rebalance or the loss of the session"
                                        + " can repeat the messages in flight")
                        : new RouteGuarantee(
                                route.name(),
                                Guarantee.AT_LEAST_ONCE,
                                "mqtt.cleanStart or a mqtt.sessionExpiry of 0 ends the session with the connection, so that a"
                                        + " broken connection repeats the messages in flight");
            }
        };
    }

    private static RouteGuarantee exactlyOnce(SinkRoute route) {
        String weakness = route.standing.weakness();
        return weakness == null
                ? new RouteGuarantee(
                        route.name(),
                        Guarantee.EXACTLY_ONCE,
                        "Kafka knows which record a packet id stands for before PUBLISH, and that it was received before"
                                + " PUBREL; the offset is committed after PUBCOMP; as long as the MQTT broker keeps the"
                                + " session and the partition stays with this bridge while messages are in flight")
                : new RouteGuarantee(route.name(), Guarantee.AT_LEAST_ONCE, "the MQTT broker: " + weakness);
    }
}
