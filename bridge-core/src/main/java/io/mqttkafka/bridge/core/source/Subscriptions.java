package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttConnection.Subscription;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import io.mqttkafka.bridge.core.mqtt.wire.Bytes;
import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.routing.TopicFilter;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the routes of one connection subscribe to: made before the first connection, checked against each broker's limits,
 * and asked for anew on every connection.
 */
final class Subscriptions {
    private static final Logger log = LoggerFactory.getLogger(Subscriptions.class);
    private static final int HIGHEST_ID = 268_435_455;

    /** One subscription, and the routes that it serves. */
    private record Subscribed(Subscription subscription, List<SourceRoute> routes) {}

    private final String clientId;
    private final MqttOptions options;
    private final List<Subscribed> subscriptions;

    /** The same for brokers without identifiers: what another filter covers is left to that, which brings one copy for all. */
    private final List<Subscribed> withoutIds;

    /** What is left to others, and can be in the session of a bridge that had identifiers. */
    private final List<String> covered;

    private final Map<SourceRoute, Integer> ids = new LinkedHashMap<>();
    private final List<TopicFilter> unsubscribed;

    Subscriptions(String clientId, MqttOptions options, List<SourceRoute> routes, RouteTable<SourceRoute> table) {
        this.clientId = clientId;
        this.options = options;
        subscriptions = merged(routes, table.overlapping());
        withoutIds = subscriptions.stream()
                .filter(one -> subscriptions.stream().noneMatch(other -> covers(other, one)))
                .map(this::withCovered)
                .toList();
        covered = subscriptions.stream()
                .map(one -> one.subscription().filter())
                .filter(filter -> withoutIds.stream()
                        .noneMatch(kept -> kept.subscription().filter().equals(filter)))
                .toList();
        if (options.version() == MqttVersion.V3_1_1) {
            String problem = problemOfMqtt311();
            if (problem != null) {
                throw new BridgeConfigException(problem);
            }
        }
        unsubscribed = outdated(options.unsubscribe());
    }

    /** Merges routes of the same filter into one subscription, with the highest QoS that one of them asks for. */
    private List<Subscribed> merged(List<SourceRoute> all, boolean overlapping) {
        Map<String, List<SourceRoute>> byFilter = new LinkedHashMap<>();
        for (SourceRoute route : all) {
            byFilter.computeIfAbsent(route.filter.subscription(), filter -> new ArrayList<>())
                    .add(route);
        }
        List<Subscribed> merged = new ArrayList<>();
        Set<Integer> taken = new HashSet<>();
        byFilter.forEach((filter, served) -> {
            int qos = served.stream().mapToInt(route -> route.qos.level()).max().orElseThrow();
            int id = overlapping ? id(filter, taken) : 0;
            served.forEach(route -> ids.put(route, id));
            boolean retained = served.stream().anyMatch(route -> route.clearedAsTombstone);
            merged.add(new Subscribed(new Subscription(filter, qos, id, retained), served));
        });
        return List.copyOf(merged);
    }

    /** Members of a share group get what others do not. */
    private static boolean covers(Subscribed one, Subscribed other) {
        TopicFilter filter = one.routes().get(0).filter();
        TopicFilter narrower = other.routes().get(0).filter();
        return !one.equals(other)
                && filter.shareGroup() == null
                && narrower.shareGroup() == null
                && filter.covers(narrower);
    }

    private Subscribed withCovered(Subscribed one) {
        Subscription own = one.subscription();
        int qos = own.qos();
        boolean retained = own.retainAsPublished();
        List<SourceRoute> served = new ArrayList<>(one.routes());
        for (Subscribed other : subscriptions) {
            if (covers(one, other)) {
                qos = Math.max(qos, other.subscription().qos());
                retained |= other.subscription().retainAsPublished();
                served.addAll(other.routes());
            }
        }
        return new Subscribed(new Subscription(own.filter(), qos, 0, retained), served);
    }

    /** What the routes need that MQTT 3.1.1 does not have; null if nothing. */
    private @Nullable String problemOfMqtt311() {
        for (Subscribed one : subscriptions) {
            for (SourceRoute route : one.routes()) {
                String problem = SourceOnMqtt311.problem(route);
                if (problem != null) {
                    return "route '" + route.name() + "': " + problem;
                }
            }
        }
        return overlap("MQTT 3.1.1");
    }

    /** The same for a filter in every process: messages that the session queued keep it when the routes change. */
    private static int id(String filter, Set<Integer> taken) {
        byte[] bytes = filter.getBytes(StandardCharsets.UTF_8);
        int id = Math.floorMod(Bytes.hash(bytes, 0, bytes.length, 0), HIGHEST_ID) + 1;
        while (!taken.add(id)) {
            id = id % HIGHEST_ID + 1;
        }
        return id;
    }

    /** What the routes of this connection subscribe to stays: another connection may have lost it. */
    private List<TopicFilter> outdated(List<String> filters) {
        return filters.stream()
                .map(TopicFilter::parse)
                .filter(filter -> subscriptions.stream()
                        .noneMatch(one -> one.subscription().filter().equals(filter.subscription())))
                .toList();
    }

    /** The subscription identifier that tells messages for this route; 0 if none is needed. */
    int idOf(SourceRoute route) {
        return Objects.requireNonNull(ids.get(route));
    }

    /** Says whether a topic was subscribed once and is not any more: the broker goes on with what it had queued. */
    boolean isOutdated(String topic) {
        return unsubscribed.stream().anyMatch(filter -> filter.matches(topic));
    }

    /** Asks for everything, and checks every answer. */
    void subscribe(MqttConnection current) throws MqttConnectException, InterruptedException {
        boolean withIds = current.limits().has(Feature.SUBSCRIPTION_IDENTIFIERS);
        // Without identifiers nothing overlaps, see requireLimits.
        List<Subscribed> asked = withIds ? subscriptions : withoutIds;
        List<Integer> codes =
                current.subscribe(asked.stream().map(Subscribed::subscription).toList(), options.connectTimeout());
        for (int i = 0; i < codes.size(); i++) {
            requireGranted(asked.get(i), codes.get(i));
        }
        if (!withIds && !covered.isEmpty()) {
            // Not before: a message that comes twice is better than none.
            current.unsubscribe(covered, options.connectTimeout());
        }
    }

    /** Takes back what earlier versions of the routes subscribed to, as far as the user names it. */
    void unsubscribe(MqttConnection current) throws MqttConnectException, InterruptedException {
        if (unsubscribed.isEmpty()) {
            return;
        }
        List<String> filters =
                unsubscribed.stream().map(TopicFilter::subscription).toList();
        List<Integer> codes = current.unsubscribe(filters, options.connectTimeout());
        for (int i = 0; i < codes.size(); i++) {
            if (codes.get(i) >= 0x80) {
                throw new MqttConnectException(
                        MqttConnectException.Kind.REFUSED,
                        "mqtt.unsubscribe: '" + filters.get(i) + "': the MQTT broker refused: "
                                + ReasonCodes.text(codes.get(i)) + "; check the rights of this user",
                        null);
            }
        }
    }

    /** Checks what the broker grants against what the routes need. */
    void requireLimits(BrokerLimits limits) throws MqttConnectException {
        String old = limits.version().hasProperties() ? null : problemOfMqtt311();
        if (old != null) {
            throw new MqttConnectException(MqttConnectException.Kind.REFUSED, old, null);
        }
        for (Subscribed one : subscriptions) {
            String filter = one.subscription().filter();
            if (one.subscription().qos() > limits.maximumQos()) {
                throw refused(
                        one,
                        "the MQTT broker supports QoS 0 to " + limits.maximumQos() + " only",
                        "lower the QoS of the route");
            }
            if (filter.startsWith("$share/") && !limits.has(Feature.SHARED_SUBSCRIPTIONS)) {
                throw refused(one, "the MQTT broker has no shared subscriptions", "leave $share out");
            }
            if ((filter.contains("+") || filter.contains("#")) && !limits.has(Feature.WILDCARDS)) {
                throw refused(one, "the MQTT broker has no wildcard subscriptions", "name whole topics");
            }
        }
        if (!limits.has(Feature.SUBSCRIPTION_IDENTIFIERS)) {
            String overlap = overlap("the MQTT broker");
            if (overlap != null) {
                throw new MqttConnectException(MqttConnectException.Kind.REFUSED, overlap, null);
            }
        }
        subscriptions.forEach(one -> one.routes().forEach(route -> route.standing.speaks(limits.version())));
        boolean needed =
                subscriptions.stream().anyMatch(one -> one.subscription().qos() > 0);
        String assigned = limits.assignedClientId();
        if (needed && assigned != null && !assigned.equals(clientId)) {
            throw new MqttConnectException(
                    MqttConnectException.Kind.REFUSED,
                    "mqtt.clientId: the MQTT broker calls us '" + UntrustedText.escape(assigned) + "' instead of '"
                            + UntrustedText.escape(clientId) + "', so that the session could not be found again;"
                            + " allow the id there, choose another, or lower the QoS of the routes",
                    null);
        }
        long granted = limits.sessionExpirySeconds();
        if (granted >= 0 && granted < options.sessionExpiry().toSeconds()) {
            if (granted == 0 && needed) {
                throw new MqttConnectException(
                        MqttConnectException.Kind.REFUSED,
                        "mqtt.sessionExpiry: the MQTT broker keeps no sessions, so that QoS 1 and 2 could lose"
                                + " messages; allow sessions there or lower the QoS of the routes",
                        null);
            }
            log.warn(
                    "'{}': the MQTT broker keeps the session for {} s only, not {} s as mqtt.sessionExpiry asks",
                    clientId,
                    granted,
                    options.sessionExpiry().toSeconds());
        }
    }

    /**
     * Where filters overlap a broker sends a copy for each, or one for all. Without identifiers nobody can tell which, so that
     * messages would be doubled in silence, unless one filter covers the other.
     *
     * @return the routes and the mend; null if there is none
     */
    private @Nullable String overlap(String who) {
        for (int i = 1; i < withoutIds.size(); i++) {
            SourceRoute route = withoutIds.get(i).routes().get(0);
            for (Subscribed other : withoutIds.subList(0, i)) {
                SourceRoute before = other.routes().get(0);
                if (route.filter().intersects(before.filter())) {
                    return "route '" + route.name() + "': fromMqtt: '"
                            + withoutIds.get(i).subscription().filter() + "': overlaps with '"
                            + other.subscription().filter() + "' of route '" + before.name() + "', and " + who
                            + " has no subscription identifiers to tell their copies apart, so that messages could come twice;"
                            + " choose filters that do not overlap, or of which one covers the other, or give one of the routes a"
                            + " clientId of its own";
                }
            }
        }
        return null;
    }

    private void requireGranted(Subscribed one, int code) throws MqttConnectException {
        if (code >= 0x80) {
            throw refused(
                    one,
                    "the MQTT broker refused the subscription: " + ReasonCodes.text(code),
                    "check the filter and the rights of this user");
        }
        if (code < one.subscription().qos()) {
            throw refused(
                    one,
                    "the MQTT broker granted QoS " + code + ", not "
                            + one.subscription().qos(),
                    "allow it there or lower the QoS of the route");
        }
    }

    private static MqttConnectException refused(Subscribed one, String why, String mend) {
        return new MqttConnectException(
                MqttConnectException.Kind.REFUSED,
                "route '" + one.routes().get(0).name() + "': fromMqtt: '"
                        + one.subscription().filter() + "': " + why + "; " + mend,
                null);
    }
}
