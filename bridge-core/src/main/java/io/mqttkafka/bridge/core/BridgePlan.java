package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.core.route.CompiledRoute;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.OwnTopics;
import io.mqttkafka.bridge.core.routing.MqttText;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.sink.SinkRoute;
import io.mqttkafka.bridge.core.sink.SinkRoutes;
import io.mqttkafka.bridge.core.source.SourceRoute;
import io.mqttkafka.bridge.core.source.SourceRoutes;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a bridge is to do, compiled, grouped by connection and checked.
 *
 * @param config what it was made of
 * @param clientId the client id of routes from MQTT that have none of their own, of which others are derived
 * @param mqtt the options with the limits that are derived
 * @param routes the routes in the order of the configuration
 * @param sources the routes from MQTT by client id
 * @param sinks the routes from Kafka by client id
 * @param statusClientId the client id of the connection that says how the bridge is; null if there is none
 * @param topicCacheBytes how much a connection may remember of topics
 */
record BridgePlan(
        BridgeConfig config,
        String clientId,
        MqttOptions mqtt,
        List<CompiledRoute> routes,
        Map<String, List<SourceRoute>> sources,
        Map<String, List<SinkRoute>> sinks,
        @Nullable String statusClientId,
        long topicCacheBytes) {

    /**
     * Makes a plan.
     *
     * @param config what the bridge consists of
     * @param clock says which time the bridge lives by
     * @throws BridgeConfigException if something is illegal or does not fit
     */
    static BridgePlan of(BridgeConfig config, BridgeClock clock) {
        String configured = config.mqtt().clientId();
        String clientId = configured == null ? "bridge-" + UUID.randomUUID() : configured;
        boolean bothWays = config.routes().stream().anyMatch(MqttToKafkaRoute.class::isInstance)
                && config.routes().stream().anyMatch(KafkaToMqttRoute.class::isInstance);
        LoopGuard guard = LoopGuard.of(config.loops(), bothWays, clientId);
        OwnTopics ownTopics = new OwnTopics(
                config.kafka().transactions().stateTopic(),
                config.status() == null ? null : config.status().topic());
        GuardedObserver observer = GuardedObserver.of(config.observer());
        requireNames(config.routes());
        List<CompiledRoute> routes = new ArrayList<>();
        Map<String, List<SourceRoute>> sources = new LinkedHashMap<>();
        Map<String, List<SinkRoute>> sinks = new LinkedHashMap<>();
        for (Route route : config.routes()) {
            if (route instanceof KafkaToMqttRoute sink) {
                SinkRoute compiled = SinkRoute.compile(
                        sink, SinkRoutes.group(config.mqtt(), sink), guard, ownTopics, clock, observer);
                SinkRoutes.requireSession(config.mqtt(), sink, compiled);
                SinkRoutes.requireVersion(config.mqtt(), compiled);
                String own = sink.source().clientId();
                add(sinks, own == null ? clientId + "-out" : own, compiled);
                routes.add(compiled);
            } else {
                MqttToKafkaRoute source = (MqttToKafkaRoute) route;
                SourceRoute compiled = SourceRoute.compile(source, guard, ownTopics, clock, observer);
                SourceRoutes.requireSession(config.mqtt(), source);
                SourceRoutes.requireOwnSession(compiled);
                String own = source.source().clientId();
                add(sources, own == null ? clientId : own, compiled);
                routes.add(compiled);
            }
        }
        requireMqttText("mqtt.credentials", config.mqtt().username());
        requireUserName(config.mqtt());
        requireMqttText("mqtt.clientId", configured);
        sources.keySet().forEach(id -> requireMqttText("route: clientId", id));
        sinks.keySet().forEach(id -> requireMqttText("route: clientId", id));
        requireNoLoops(config, bothWays, all(sources), all(sinks));
        MemoryBudget memory = MemoryBudget.of(sources.size() + sinks.size());
        MqttOptions mqtt = Limits.resolve(config.mqtt(), config.kafka(), memory);
        config.mqtt().unsubscribe().forEach(filter -> SourceRoutes.requireOutdated(filter, sources.values()));
        SinkRoutes.requireApart(sinks, sources.keySet());
        String statusClientId =
                config.status() == null ? null : statusClientId(config.status(), clientId, sources, sinks);
        return new BridgePlan(
                config,
                clientId,
                mqtt,
                List.copyOf(routes),
                Collections.unmodifiableMap(sources),
                Collections.unmodifiableMap(sinks),
                statusClientId,
                memory.topicCacheBytes());
    }

    private static void requireUserName(MqttOptions mqtt) {
        if (mqtt.version() == MqttVersion.V3_1_1 && mqtt.password() != null && mqtt.username() == null) {
            throw new BridgeConfigException("mqtt.credentials: MQTT 3.1.1 takes a password with a user name only; set a"
                    + " user name, which can be empty");
        }
    }

    /** The marker that stops a message on its way back is a user property: where there are none, topics have to be apart. */
    private static void requireNoLoops(
            BridgeConfig config, boolean bothWays, List<SourceRoute> sources, List<SinkRoute> sinks) {
        LoopOptions loops = config.loops();
        boolean marked = config.mqtt().version() == MqttVersion.V5;
        String version = "is not there in MQTT 3.1.1 (mqtt.version "
                + config.mqtt().version() + "), which has no user properties for the marker; ";
        if (!marked && loops.allowFeedback()) {
            throw new BridgeConfigException("loops.allowFeedback: what stops a message on its way back " + version
                    + "keep the topics of both directions apart and leave it out, or set mqtt.version(V5)");
        }
        if (!marked && Boolean.TRUE.equals(loops.guarded())) {
            throw new BridgeConfigException("loops.guarded: what messages are marked with " + version
                    + "leave it out, or set mqtt.version(V5)");
        }
        if (bothWays && !loops.allowFeedback()) {
            FeedbackCheck.requireNone(sources, sinks);
        }
        if (bothWays && !marked && loops.guarded() == null) {
            FeedbackCheck.requireTemplates(sources, sinks);
        }
    }

    private static void requireNames(List<Route> routes) {
        Set<String> names = new HashSet<>();
        for (Route route : routes) {
            if (!names.add(route.name())) {
                throw new BridgeConfigException("route: two routes are named '" + route.name()
                        + "'; give them names of their own with .name(..)");
            }
        }
    }

    private static <R> void add(Map<String, List<R>> byClientId, String clientId, R route) {
        byClientId.computeIfAbsent(clientId, id -> new ArrayList<>()).add(route);
    }

    private static String statusClientId(
            StatusOptions options, String bridgeId, Map<String, ?> sources, Map<String, ?> sinks) {
        String clientId = options.clientId() == null ? bridgeId + "-status" : options.clientId();
        if (sources.containsKey(clientId) || sinks.containsKey(clientId)) {
            throw new BridgeConfigException("status.clientId: '" + UntrustedText.escape(clientId)
                    + "' is used by a route, and they would take each other's session over; choose another one");
        }
        requireMqttText("status.topic", options.topic());
        requireMqttText("status.clientId", clientId);
        return clientId;
    }

    /** A broker may end the connection over it, again and again. */
    private static void requireMqttText(String option, @Nullable String text) {
        if (text != null && MqttText.bytes(text) == null) {
            throw new BridgeConfigException(
                    option + ": '" + UntrustedText.escape(text)
                            + "' is too long, or has characters that MQTT does not take, such as the end of a line; leave them out");
        }
    }

    private static <R> List<R> all(Map<String, List<R>> byClientId) {
        return byClientId.values().stream().flatMap(List::stream).toList();
    }

    /** Returns the limits of each connection in words, by client id. */
    Map<String, String> limits() {
        Map<String, String> limits = new LinkedHashMap<>();
        sources.keySet().forEach(id -> limits.put(id, Limits.ofSource(mqtt, config.kafka())));
        sinks.keySet().forEach(id -> limits.put(id, Limits.ofSink(mqtt)));
        return limits;
    }

    /** Says what each route can promise. */
    List<RouteGuarantee> guarantees() {
        return routes.stream().map(this::guarantee).toList();
    }

    private RouteGuarantee guarantee(CompiledRoute route) {
        return route instanceof SinkRoute sink
                ? SinkRoutes.guarantee(config.mqtt(), sink)
                : SourceRoutes.guarantee(config.mqtt(), (SourceRoute) route);
    }
}
