package io.mqttkafka.bridge.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BridgeMetricsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    // Each look is a new snapshot.
    private final AtomicLong nanos = new AtomicLong();
    private Bridge bridge;

    @BeforeEach
    void start() {
        bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("a/#")
                        .filter((payload, message) -> !message.topic().endsWith("/no"))
                        .toKafka("t")
                        .name("telemetry")
                        .onFailure(f -> f.deadLetter("dead"))
                        .build())
                .build();
        new BridgeMetrics(bridge, "b1", () -> nanos.addAndGet(TimeUnit.SECONDS.toNanos(2))).bindTo(registry);
        bridge.start();
    }

    @AfterEach
    void close() {
        bridge.close(Duration.ZERO);
        kafka.close();
        mqtt.close();
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).functionCounters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    @Test
    void received_isTheSumOfTheOutcomesAndWhatIsInFlight() {
        kafka.faults().on(KafkaOperation.SEND).topic("t").nth(2).tooLarge();
        for (int i = 0; i < 5; i++) {
            mqtt.publish("a/" + i, "x", 1);
        }
        mqtt.publish("a/no", "x", 1);
        mqtt.publish("a/0", "x", 0);
        mqtt.awaitAllAcknowledged("edge-1");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(count("bridge.messages", "qos", "0"))
                .isOne());

        assertThat(count("bridge.messages.received", "qos", "1")).isEqualTo(6);
        assertThat(count("bridge.messages", "qos", "1")).isEqualTo(6);
        assertThat(count("bridge.messages", "qos", "1", "outcome", "delivered")).isEqualTo(4);
        assertThat(count("bridge.messages", "outcome", "dead_lettered")).isOne();
        assertThat(count("bridge.messages", "outcome", "filtered")).isOne();
        assertThat(count("bridge.messages.acknowledged", "qos", "1")).isEqualTo(6);

        assertThat(registry.get("bridge.delivery")
                        .tags("quantile", "0.99")
                        .timeGauge()
                        .value(TimeUnit.SECONDS))
                .isPositive()
                .isLessThanOrEqualTo(60);

        kafka.stop();
        for (int i = 0; i < 3; i++) {
            mqtt.publish("a/" + i, "waits", 1);
        }

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(gauge("bridge.unacknowledged", "client", "edge-1"))
                .isEqualTo(3));
        assertThat(count("bridge.messages.received")).isEqualTo(count("bridge.messages") + 3);
        assertThat(gauge("bridge.in.flight")).isPositive();
        kafka.restart();
        mqtt.awaitAllAcknowledged("edge-1");
        assertThat(count("bridge.messages.received")).isEqualTo(count("bridge.messages"));
    }

    @Test
    void states_areShown() {
        assertThat(gauge("bridge.state", "state", "running")).isOne();
        assertThat(gauge("bridge.state", "state", "degraded")).isZero();
        assertThat(gauge("bridge.connection.up", "client", "edge-1")).isOne();
        assertThat(gauge("bridge.route.running", "route", "telemetry")).isOne();
        assertThat(count("bridge.connects")).isOne();

        mqtt.stop();

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(gauge("bridge.connection.up")).isZero());
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(gauge("bridge.state", "state", "degraded"))
                .isOne());
    }

    @Test
    void topics_makeNoMeters() {
        int before = registry.getMeters().size();
        for (int i = 0; i < 100_000; i++) {
            mqtt.publish("a/" + i, "x", 0);
        }
        await().atMost(PATIENCE).until(() -> count("bridge.messages.received") >= 100_000);

        assertThat(registry.getMeters()).hasSize(before);
        Set<String> values = registry.getMeters().stream()
                .map(Meter::getId)
                .flatMap(id -> id.getTags().stream())
                .map(Tag::getValue)
                .collect(Collectors.toSet());
        assertThat(values).noneMatch(value -> value.startsWith("a/")).hasSizeLessThan(30);
    }
}
