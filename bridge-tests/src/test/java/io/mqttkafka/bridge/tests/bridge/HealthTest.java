package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The state, the health, the events and the log say when something does not get on, and when it does again. */
@BridgeTest
class HealthTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LogCapture log = new LogCapture();
    private final Told told = new Told();

    @AfterEach
    void close() {
        log.close();
    }

    private static final class Told implements BridgeListener {
        final List<Degraded> degraded = new CopyOnWriteArrayList<>();
        final List<Recovered> recovered = new CopyOnWriteArrayList<>();

        @Override
        public void onDegraded(Degraded event) {
            degraded.add(event);
        }

        @Override
        public void onRecovered(Recovered event) {
            recovered.add(event);
        }
    }

    private static Route toKafka() {
        return Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("t")
                .name("in")
                .build();
    }

    private static Route toMqtt() {
        return Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .qos(QoS.AT_LEAST_ONCE)
                .name("out")
                .build();
    }

    private Bridge bothWays(BridgeStarter bridges, FakeKafka kafka) {
        kafka.createTopic("commands", 1);
        return bridges.start(bridges.builder()
                .route(toKafka())
                .route(toMqtt())
                .listener(told)
                .build());
    }

    private long logged(String begin) {
        return log.lines().stream().filter(line -> line.startsWith(begin)).count();
    }

    private static void advanceUntil(ManualClock clock, Bridge bridge, BridgeState state) {
        await().until(() -> {
            clock.advance(SECOND);
            return bridge.state() == state;
        });
    }

    /** With one direction alone, nothing but the watch can notice: no message is there to wait. */
    private void outage(Bridge bridge, FakeKafka kafka, ManualClock clock) {
        assertThat(bridge.health().kafka().reachable()).isTrue();
        Instant stopped = clock.instant();
        kafka.stop();

        advanceUntil(clock, bridge, BridgeState.DEGRADED);
        BridgeHealth away = bridge.health();
        assertThat(away.healthy()).isFalse();
        assertThat(away.degradations()).extracting(Degradation::what).containsExactly("Kafka");
        Instant since = away.degradations().get(0).since();
        assertThat(since).isAfter(stopped);
        assertThat(away.kafka().reachable()).isFalse();
        assertThat(away.kafka().since()).isEqualTo(since);
        assertThat(away.kafka().lastError()).isNotNull();
        assertThat(away.kafka().lastError().over()).isFalse();

        // Told once, however long it lasts.
        Instant end = since.plus(Duration.ofSeconds(60));
        while (clock.instant().isBefore(end)) {
            clock.advance(SECOND);
        }
        kafka.restart();
        advanceUntil(clock, bridge, BridgeState.RUNNING);

        KafkaHealth back = bridge.health().kafka();
        assertThat(back.reachable()).isTrue();
        assertThat(back.since()).isAfterOrEqualTo(end);
        assertThat(back.lastError()).isNotNull();
        assertThat(back.lastError().over()).isTrue();
        assertThat(bridge.health().degradations()).isEmpty();
        await().until(() -> told.recovered.size() == 1);
        assertThat(told.degraded).extracting(Degraded::what).containsExactly("Kafka");
        assertThat(told.degraded.get(0).since()).isEqualTo(since);
        assertThat(told.recovered.get(0).what()).isEqualTo("Kafka");
        assertThat(told.recovered.get(0).after()).isGreaterThanOrEqualTo(Duration.ofSeconds(60));
        assertThat(logged("Kafka at ")).as("one line for each change").isEqualTo(2);
    }

    @Test
    void kafkaAway_routesInBothDirections(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        outage(bothWays(bridges, kafka), kafka, clock);

        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
    }

    @Test
    void kafkaAway_idleRouteFromMqttAlone(FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        outage(bridges.start(bridges.builder().route(toKafka()).listener(told).build()), kafka, clock);
    }

    @Test
    void kafkaAway_idleRouteFromKafkaAlone(FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        kafka.createTopic("commands", 1);
        outage(bridges.start(bridges.builder().route(toMqtt()).listener(told).build()), kafka, clock);
    }

    @Test
    void kafkaAway_messageWaits_namesItsTopic(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge =
                bridges.start(bridges.builder().route(toKafka()).listener(told).build());
        // The topic is known by now.
        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
        assertThat(bridge.health().kafka().longestWaitingTopic()).isNull();
        kafka.stop();

        Publication waiting = mqtt.publish("a/b", "y", 1);

        await().until(() -> "t".equals(bridge.health().kafka().longestWaitingTopic()));
        kafka.restart();
        mqtt.awaitAcknowledged(waiting);
        await().until(() -> bridge.health().kafka().longestWaitingTopic() == null);
        assertThat(bridge.health().kafka().longestWait()).isZero();
    }

    @Test
    void transactionDoesNotEnd_namesTheStateTopic(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = bridges.start(bridges.builder()
                .route(Route.fromMqtt("a/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka("t")
                        .name("in")
                        .build())
                .stallThreshold(Duration.ofMillis(200))
                .listener(told)
                .build());
        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 2));
        kafka.faults().on(KafkaOperation.COMMIT_TRANSACTION).hang();

        Publication waiting = mqtt.publish("a/b", "y", 2);

        await().until(() -> bridge.state() == BridgeState.DEGRADED);
        assertThat(bridge.health().degradations()).singleElement().satisfies(one -> {
            assertThat(one.what()).isEqualTo("messages of bridge-test");
            assertThat(one.cause()).contains("Kafka does not confirm", "'__mqtt_bridge_state'");
        });
        kafka.faults().clear();
        mqtt.awaitAcknowledged(waiting);
        await().until(() -> bridge.health().healthy());
    }

    @Test
    void mqttAway_namesTheConnections(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        Bridge bridge = bothWays(bridges, kafka);
        mqtt.stop();

        await().until(() -> bridge.health().degradations().size() == 2);
        assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
        assertThat(bridge.health().degradations())
                .extracting(Degradation::what)
                .containsExactlyInAnyOrder("MQTT bridge-test", "MQTT bridge-test-out");
        assertThat(bridge.health().connections())
                .allSatisfy(one -> assertThat(one.since()).isEqualTo(clock.instant()))
                .allMatch(one -> !one.connected());
        // Each failed attempt is an event, but no news.
        for (int i = 0; i < 20; i++) {
            clock.advance(clock.awaitPause());
        }
        mqtt.restart();
        advanceUntil(clock, bridge, BridgeState.RUNNING);

        await().until(() -> told.recovered.size() == 2);
        assertThat(told.degraded).hasSize(2);
        assertThat(bridge.health().connections())
                .allSatisfy(one -> assertThat(one.lastError()).isNotNull().matches(LastError::over));
    }

    @Test
    void messagesUnconfirmed_beyondTheThreshold_namesTheTopicUntilTheyAre(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = bridges.start(bridges.builder()
                .route(toKafka())
                .stallThreshold(Duration.ofMillis(200))
                .listener(told)
                .build());
        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
        kafka.faults().on(KafkaOperation.SEND).hang();

        Publication waiting = mqtt.publish("a/b", "y", 1);

        await().until(() -> bridge.state() == BridgeState.DEGRADED);
        assertThat(bridge.health().degradations()).singleElement().satisfies(one -> {
            assertThat(one.what()).isEqualTo("messages of bridge-test");
            assertThat(one.cause()).contains("the oldest of 1 unacknowledged", "'t'");
        });
        assertThat(bridge.health().kafka().reachable()).isTrue();
        kafka.faults().clear();
        mqtt.awaitAcknowledged(waiting);
        await().until(() -> bridge.health().healthy());
        await().until(() -> told.recovered.size() == 1);
        assertThat(told.degraded).hasSize(1);
        assertThat(logged("messages of bridge-test")).isGreaterThanOrEqualTo(2);
    }

    /** It is not Kafka that a route waits for that tries a message again. */
    @Test
    void messageRetried_beyondTheThreshold_isNotBlamedOnKafka(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka(message -> {
                    throw new MappingException("never");
                })
                .onFailure(f ->
                        f.retry(1_000, Backoff.fixed(Duration.ofMillis(50))).skip())
                .name("in")
                .build();
        Bridge bridge = bridges.start(bridges.builder()
                .route(route)
                .stallThreshold(Duration.ofMillis(200))
                .drainTimeout(Duration.ZERO)
                .build());

        mqtt.publish("a/b", "y", 1);

        await().until(() -> bridge.state() == BridgeState.DEGRADED);
        assertThat(bridge.health().degradations()).singleElement().satisfies(one -> assertThat(one.cause())
                .contains("no record waits for Kafka", "tries a message again"));
        bridge.close(Duration.ZERO);
    }

    @Test
    void offsetsUncommitted_beyondTheThreshold_namesTheRouteUntilTheyAre(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("commands", 1);
        Bridge bridge = bridges.start(bridges.builder()
                .route(toMqtt())
                .stallThreshold(Duration.ofMillis(200))
                .listener(told)
                .build());
        kafka.faults().on(KafkaOperation.COMMIT_OFFSETS).hang();
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("devices/#", 1);
            kafka.produce("commands", "7", "on");
            assertThat(device.next()).contains("on");

            await().until(() -> bridge.state() == BridgeState.DEGRADED);
            assertThat(bridge.health().degradations()).singleElement().satisfies(one -> {
                assertThat(one.what()).isEqualTo("offsets of out");
                assertThat(one.cause()).contains("'g'");
            });
            kafka.faults().clear();
            kafka.awaitCommitted("g", "commands", 0, 1);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void lastErrorOfARoute_isOverWhenItDeliversAgain(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = bridges.start(Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("t")
                .onFailure(f -> f.skip())
                .name("in")
                .build());
        kafka.faults().on(KafkaOperation.SEND).topic("t").first(1).tooLarge();

        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
        LastError standing = bridge.health().route("in").lastError();
        mqtt.awaitAcknowledged(mqtt.publish("a/b", "y", 1));

        assertThat(standing).isNotNull();
        assertThat(standing.cause()).contains("too large");
        assertThat(standing.over()).isFalse();
        assertThat(bridge.health().route("in").lastError())
                .isEqualTo(new LastError(standing.cause(), standing.at(), true));
    }

    @Test
    void routeStopped_othersGoOn_namesIt(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("commands", 1);
        Bridge bridge = bridges.start(bridges.builder()
                .route(toKafka())
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt(message -> {
                            throw new MappingException("never");
                        })
                        .qos(QoS.AT_LEAST_ONCE)
                        .name("out")
                        .build())
                .listener(told)
                .build());

        kafka.produce("commands", "7", "on");

        await().until(() -> !bridge.health().degradations().isEmpty());
        assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
        assertThat(bridge.health().degradations()).singleElement().satisfies(one -> {
            assertThat(one.what()).isEqualTo("route out");
            assertThat(one.cause()).startsWith("never").contains("onFailure", "deadLetter");
        });
        // Its connection, which nobody needs any more, is not kept.
        mqtt.awaitDisconnected("bridge-test-out");
        mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
        await().until(() -> told.degraded.size() == 1);
    }
}
