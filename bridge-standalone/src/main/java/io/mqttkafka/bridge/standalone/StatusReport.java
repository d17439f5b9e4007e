package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.RouteGuarantee;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /status} says: health, counts and guarantees. No payloads, no secrets, and no topic of a device: of what causes quote,
 * only names of routes and of the bridge's own connections are shown. Immutable.
 */
final class StatusReport {
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'");

    private final Map<String, RouteGuarantee> guarantees = new HashMap<>();
    private final UnaryOperator<String> translate;
    private final InstantSource clock;

    StatusReport(List<RouteGuarantee> guarantees, UnaryOperator<String> translate, InstantSource clock) {
        guarantees.forEach(one -> this.guarantees.put(one.route(), one));
        this.translate = translate;
        this.clock = clock;
    }

    /** Returns it in the order in which it is shown. */
    Map<String, Object> of(BridgeHealth health) {
        Set<String> known = known(health);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("state", health.state().name().toLowerCase(Locale.ROOT));
        report.put("at", clock.instant().toEpochMilli());
        report.put(
                "degradations",
                health.degradations().stream()
                        .map(one -> degradation(one, known))
                        .toList());
        Map<String, Object> kafka = new LinkedHashMap<>();
        kafka.put("reachable", health.kafka().reachable());
        kafka.put("since", millis(health.kafka().since()));
        kafka.put("longestWaitMillis", health.kafka().longestWait().toMillis());
        kafka.put("lastError", error(health.kafka().lastError(), known));
        report.put("kafka", kafka);
        report.put(
                "connections",
                health.connections().stream().map(one -> connection(one, known)).toList());
        report.put(
                "routes", health.routes().stream().map(one -> route(one, known)).toList());
        return report;
    }

    /** Says in one line why the bridge is not ready, or that it is. */
    String reason(BridgeHealth health) {
        StringBuilder reason = new StringBuilder(health.state().name().toLowerCase(Locale.ROOT)).append('\n');
        for (Degradation one : health.degradations()) {
            reason.append(one.what())
                    .append(": ")
                    .append(shown(one.cause(), known(health)))
                    .append('\n');
        }
        return reason.toString();
    }

    private Set<String> known(BridgeHealth health) {
        Set<String> known = new HashSet<>();
        health.routes().forEach(route -> known.add(route.name()));
        health.connections().forEach(connection -> known.add(connection.clientId()));
        return known;
    }

    private Map<String, Object> degradation(Degradation one, Set<String> known) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("what", one.what());
        shown.put("since", millis(one.since()));
        shown.put("cause", shown(one.cause(), known));
        return shown;
    }

    private Map<String, Object> connection(ConnectionHealth one, Set<String> known) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("clientId", one.clientId());
        shown.put("connected", one.connected());
        shown.put("since", millis(one.since()));
        shown.put("sessionPresent", one.sessionPresent());
        shown.put("connects", one.connects());
        shown.put("unacknowledged", one.unacknowledged());
        shown.put("inFlightBytes", one.inFlightBytes());
        shown.put("oldestUnacknowledgedMillis", one.oldestUnacknowledged().toMillis());
        shown.put("redelivered", one.redelivered());
        shown.put("suppressed", one.suppressed());
        shown.put("unrouted", one.unrouted());
        shown.put("lastError", error(one.lastError(), known));
        return shown;
    }

    private Map<String, Object> route(RouteHealth one, Set<String> known) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("name", one.name());
        shown.put("running", one.running());
        RouteGuarantee guarantee = guarantees.get(one.name());
        if (guarantee != null) {
            shown.put(
                    "guarantee",
                    guarantee.guarantee().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            shown.put("reason", translate.apply(guarantee.reason()));
        }
        RouteCounts counts = one.total();
        shown.put("received", counts.received());
        shown.put("delivered", counts.delivered());
        shown.put("acknowledged", counts.acknowledged());
        shown.put("deadLettered", counts.deadLettered());
        shown.put("filtered", counts.filtered());
        shown.put("skipped", counts.skipped());
        shown.put("shed", counts.shed());
        shown.put("expired", counts.expired());
        shown.put("retries", counts.retries());
        shown.put("unheard", counts.unheard());
        shown.put("looped", counts.looped());
        shown.put("deliveryP50Millis", millis(one.recentDeliveryTimes().p50()));
        shown.put("deliveryP99Millis", millis(one.recentDeliveryTimes().p99()));
        shown.put("lastError", error(one.lastError(), known));
        return shown;
    }

    private static @Nullable Double millis(@Nullable Duration time) {
        return time == null ? null : Math.round(time.toNanos() / 10_000.0) / 100.0;
    }

    private @Nullable Map<String, Object> error(@Nullable LastError error, Set<String> known) {
        if (error == null) {
            return null;
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("cause", shown(error.cause(), known));
        shown.put("at", millis(error.at()));
        shown.put("over", error.over());
        return shown;
    }

    // A cause can quote the topic of a device.
    private String shown(String cause, Set<String> known) {
        String words = QUOTED.matcher(cause)
                .replaceAll(
                        match -> Matcher.quoteReplacement(known.contains(match.group(1)) ? match.group() : "'\u2026'"));
        return translate.apply(words);
    }

    private static long millis(Instant instant) {
        return instant.toEpochMilli();
    }
}
