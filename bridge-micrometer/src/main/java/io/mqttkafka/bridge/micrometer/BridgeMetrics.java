package io.mqttkafka.bridge.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.DeliveryTimes;
import io.mqttkafka.bridge.QoS;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Shows the counts of a bridge as meters: {@code new BridgeMetrics(bridge).bindTo(registry)}, once for each registry, any time
 * after the bridge is built.
 *
 * <p>{@code bridge.messages.received} is the sum of {@code bridge.messages} over all its outcomes, plus the messages in flight and
 * those left to be redelivered. What the bridge has not told yet is told at the next look: all meters read one snapshot of {@link
 * Bridge#health()}, taken at most once a second, so that a scrape costs one.
 *
 * <p>Tags are the names of routes, the client ids of the bridge's own connections, QoS, outcomes and states: their number is that of
 * the configuration, however many topics and devices there are. No topic is ever a tag.
 *
 * <p>The meters keep the bridge reachable until they are removed from the registry.
 *
 * <p>Thread-safe.
 */
public final class BridgeMetrics implements MeterBinder {
    private static final Map<String, ToLongFunction<RouteCounts>> OUTCOMES = new LinkedHashMap<>();

    static {
        OUTCOMES.put("delivered", RouteCounts::delivered);
        OUTCOMES.put("dead_lettered", RouteCounts::deadLettered);
        OUTCOMES.put("filtered", RouteCounts::filtered);
        OUTCOMES.put("skipped", RouteCounts::skipped);
        OUTCOMES.put("shed", RouteCounts::shed);
        OUTCOMES.put("expired", RouteCounts::expired);
        OUTCOMES.put("looped", RouteCounts::looped);
    }

    private final Snapshots snapshots;
    private final Tags common;

    /**
     * Makes meters that carry the name {@code bridge}.
     *
     * @param bridge the bridge
     * @throws NullPointerException if it is null
     */
    public BridgeMetrics(Bridge bridge) {
        this(bridge, "bridge");
    }

    /**
     * Makes meters with a name of the bridge, for processes with several of them.
     *
     * @param bridge the bridge
     * @param name the value of the tag {@code bridge}; not the name of a device or topic
     * @throws NullPointerException if one is null
     */
    public BridgeMetrics(Bridge bridge, String name) {
        this(bridge, name, System::nanoTime);
    }

    BridgeMetrics(Bridge bridge, String name, LongSupplier nanos) {
        snapshots = new Snapshots(Objects.requireNonNull(bridge, "bridge"), nanos);
        common = Tags.of("bridge", Objects.requireNonNull(name, "name"));
    }

    /**
     * Registers the meters.
     *
     * @param registry where
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        BridgeHealth health = snapshots.get();
        for (BridgeState state : BridgeState.values()) {
            Gauge.builder("bridge.state", snapshots, now -> now.get().state() == state ? 1 : 0)
                    .description("1 for the state that the bridge is in")
                    .tags(common.and("state", state.name().toLowerCase(Locale.ROOT)))
                    .register(registry);
        }
        Gauge.builder(
                        "bridge.kafka.reachable",
                        snapshots,
                        now -> now.get().kafka().reachable() ? 1 : 0)
                .description("1 if Kafka has answered the last question")
                .tags(common)
                .register(registry);
        for (int i = 0; i < health.connections().size(); i++) {
            bindConnection(registry, i, health.connections().get(i).clientId());
        }
        for (int i = 0; i < health.routes().size(); i++) {
            bindRoute(registry, i, health.routes().get(i).name());
        }
    }

    private void bindConnection(MeterRegistry registry, int index, String clientId) {
        Connection of = new Connection(registry, common.and("client", clientId), snapshots, index);
        of.gauge(
                "bridge.connection.up",
                "1 if the MQTT connection is up and subscribed",
                one -> one.connected() ? 1 : 0);
        of.gauge(
                "bridge.connection.session.present",
                "1 if the MQTT broker still had the session at the last connect",
                one -> one.sessionPresent() ? 1 : 0);
        of.counter("bridge.connects", "MQTT connections established", ConnectionHealth::connects);
        of.counter("bridge.redelivered", "Messages with the DUP flag", ConnectionHealth::redelivered);
        of.counter(
                "bridge.suppressed", "Repetitions acknowledged without a second record", ConnectionHealth::suppressed);
        of.counter("bridge.unrouted", "Messages that matched no route", ConnectionHealth::unrouted);
        of.gauge(
                "bridge.unacknowledged",
                "Messages of QoS 1 and 2 that wait for their acknowledgement",
                one -> one.unacknowledged());
        Gauge.builder(
                        "bridge.in.flight",
                        snapshots,
                        now -> now.get().connections().get(index).inFlightBytes())
                .description("Bytes of messages on their way")
                .baseUnit(BaseUnits.BYTES)
                .tags(common.and("client", clientId))
                .register(registry);
        TimeGauge.builder("bridge.oldest.unacknowledged", snapshots, TimeUnit.MILLISECONDS, now -> now.get()
                        .connections()
                        .get(index)
                        .oldestUnacknowledged()
                        .toMillis())
                .description("Age of the oldest unacknowledged message")
                .tags(common.and("client", clientId))
                .register(registry);
    }

    private record Connection(MeterRegistry registry, Tags tags, Snapshots snapshots, int index) {
        void gauge(String name, String description, ToDoubleFunction<ConnectionHealth> value) {
            Gauge.builder(
                            name,
                            snapshots,
                            now -> value.applyAsDouble(now.get().connections().get(index)))
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }

        void counter(String name, String description, ToLongFunction<ConnectionHealth> value) {
            FunctionCounter.builder(
                            name,
                            snapshots,
                            now -> value.applyAsLong(now.get().connections().get(index)))
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }
    }

    private void bindRoute(MeterRegistry registry, int index, String name) {
        Tags route = common.and("route", name);
        Gauge.builder(
                        "bridge.route.running",
                        snapshots,
                        now -> now.get().routes().get(index).running() ? 1 : 0)
                .description("1 if the route takes messages")
                .tags(route)
                .register(registry);
        time(registry, route, "0.5", index, DeliveryTimes::p50);
        time(registry, route, "0.99", index, DeliveryTimes::p99);
        time(registry, route, "1", index, DeliveryTimes::maximum);
        Route all = new Route(registry, snapshots, index);
        all.counter(
                "bridge.retries", "Attempts repeated", route, one -> one.total().retries());
        for (QoS qos : QoS.values()) {
            Tags tags = route.and("qos", String.valueOf(qos.level()));
            all.counter("bridge.messages.received", "Messages taken", tags, one -> one.counts(qos)
                    .received());
            all.counter("bridge.messages.acknowledged", "Messages acknowledged", tags, one -> one.counts(qos)
                    .acknowledged());
            all.counter("bridge.unheard", "Messages that nobody subscribed to", tags, one -> one.counts(qos)
                    .unheard());
            OUTCOMES.forEach((outcome, count) -> all.counter(
                    "bridge.messages",
                    "Messages by what became of them",
                    tags.and("outcome", outcome),
                    one -> count.applyAsLong(one.counts(qos))));
        }
    }

    private void time(
            MeterRegistry registry,
            Tags route,
            String quantile,
            int index,
            Function<DeliveryTimes, @Nullable Duration> time) {
        TimeGauge.builder("bridge.delivery", snapshots, TimeUnit.NANOSECONDS, now -> {
                    Duration known = time.apply(now.get().routes().get(index).recentDeliveryTimes());
                    return known == null ? Double.NaN : known.toNanos();
                })
                .description("From receipt to acknowledgement, of the last messages; not a number if there were none")
                .tags(route.and("quantile", quantile))
                .register(registry);
    }

    private record Route(MeterRegistry registry, Snapshots snapshots, int index) {
        void counter(String name, String description, Tags tags, ToLongFunction<RouteHealth> value) {
            FunctionCounter.builder(
                            name,
                            snapshots,
                            now -> value.applyAsLong(now.get().routes().get(index)))
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }
    }

    /** The last snapshot, taken anew after a second. Thread-safe. */
    private static final class Snapshots {
        private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(1);

        private final Bridge bridge;
        private final LongSupplier nanos;
        private BridgeHealth last;
        private long taken;

        Snapshots(Bridge bridge, LongSupplier nanos) {
            this.bridge = bridge;
            this.nanos = nanos;
            last = bridge.health();
            taken = nanos.getAsLong();
        }

        synchronized BridgeHealth get() {
            long now = nanos.getAsLong();
            if (now - taken >= KEPT_NANOS) {
                last = bridge.health();
                taken = now;
            }
            return last;
        }
    }
}
