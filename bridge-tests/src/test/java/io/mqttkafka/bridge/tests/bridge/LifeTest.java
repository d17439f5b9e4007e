package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a bridge comes up, is waited for, fails and ends, and what is left of it then: nothing. */
class LifeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Set<Thread> before = Thread.getAllStackTraces().keySet();
    private final FakeMqttBroker mqtt =
            FakeMqttBroker.builder().user("me", "right").start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void close() {
        mqtt.close();
        kafka.close();
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
                .toMqtt(message -> {
                    throw new MappingException("never");
                })
                .qos(QoS.AT_LEAST_ONCE)
                .name("out")
                .build();
    }

    private BridgeBuilder builder(String password, Route... routes) {
        BridgeBuilder builder = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri())
                        .clientId("edge-1")
                        .credentials("me", password)
                        .reconnect(Backoff.fixed(Duration.ofMillis(20))))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()));
        List.of(routes).forEach(builder::route);
        return builder;
    }

    private BridgeBuilder builder(Route... routes) {
        return builder("right", routes);
    }

    private List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .filter(thread -> thread.getName().startsWith("bridge-")
                        || thread.getName().startsWith("MQTT "))
                .toList();
    }

    private static Throwable thrownBy(Bridge bridge) {
        return catchThrowable(() -> bridge.awaitClosed(PATIENCE));
    }

    @Test
    void awaitClosed_returnsWhenAnotherThreadCloses() throws Exception {
        Bridge bridge = builder(toKafka()).build();
        assertThat(bridge.awaitClosed(Duration.ZERO)).isFalse();
        bridge.start();
        assertThat(bridge.awaitClosed(Duration.ofMillis(1))).isFalse();
        CompletableFuture<BridgeState> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                bridge.awaitClosed();
                return bridge.state();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        bridge.close();

        assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(BridgeState.CLOSED);
        assertThat(bridge.awaitClosed(Duration.ZERO)).isTrue();
        bridge.awaitClosed();
        assertThatIllegalArgumentException().isThrownBy(() -> bridge.awaitClosed(Duration.ofNanos(-1)));
    }

    @Test
    void awaitClosed_interrupted_throwsAndLeavesTheBridgeAlone() {
        try (Bridge bridge = builder(toKafka()).build().start()) {
            Thread.currentThread().interrupt();
            assertThat(catchThrowable(bridge::awaitClosed)).isInstanceOf(InterruptedException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            Thread.currentThread().interrupt();
            assertThat(catchThrowable(() -> bridge.awaitClosed(Duration.ZERO)))
                    .isInstanceOf(InterruptedException.class);
            assertThat(bridge.state()).isEqualTo(BridgeState.RUNNING);
        }
    }

    /** Routes from MQTT stop with their connection; those from Kafka do by themselves, and used to leave theirs behind. */
    @Test
    void everyRouteStopped_nothingIsLeftAndNothingConnectsAgain() {
        kafka.createTopic("commands", 1);
        Bridge bridge = builder(toMqtt()).status("bridges/edge-1").build().start();

        kafka.produce("commands", "7", "on");

        Throwable failure = thrownBy(bridge);
        assertThat(failure)
                .isInstanceOf(BridgeFailedException.class)
                .hasMessageStartingWith("every route has stopped; route out: never")
                .hasCauseInstanceOf(MappingException.class);
        assertThat(bridge.state()).isEqualTo(BridgeState.FAILED);
        assertThat(bridge.health().degradations()).extracting(Degradation::what).contains("route out");
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
        await().untilAsserted(() -> assertThat(mqtt.openConnections()).isEmpty());
        assertThat(kafka.clients()).isZero();
        assertThat(new String(mqtt.retained().get("bridges/edge-1"))).isEqualTo("offline");

        bridge.close();
        assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
        assertThat(thrownBy(bridge)).isInstanceOf(BridgeFailedException.class);
    }

    @Test
    void everyRouteFromMqttStopped_throwsTheCauseToWhoWaits() {
        Bridge bridge = builder(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .filter(payload -> {
                            throw new IllegalStateException("canary");
                        })
                        .toKafka("t")
                        .name("in")
                        .build())
                .build()
                .start();

        mqtt.publish("a/b", "x", 1);

        assertThat(thrownBy(bridge))
                .hasMessageContaining("java.lang.IllegalStateException; the default is to stop at such a message")
                .hasMessageContaining("onFailure")
                .hasMessageNotContaining("canary")
                .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(mqtt.openConnections()).isEmpty();
        bridge.close();
    }

    @Test
    void startInBackground_kafkaAway_comesUpWhenItIsThere() throws Exception {
        kafka.createTopic("commands", 1);
        kafka.stop();
        try (Bridge bridge = builder(toKafka(), toMqtt())
                .startMode(StartMode.IN_BACKGROUND)
                .startTimeout(Duration.ofMillis(200))
                .build()) {
            bridge.start();

            assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
            assertThat(mqtt.packets()).isEmpty();
            kafka.restart();

            await().atMost(PATIENCE).until(() -> bridge.state() == BridgeState.RUNNING);
            mqtt.awaitAcknowledged(mqtt.publish("a/b", "x", 1));
            assertThat(bridge.awaitClosed(Duration.ZERO)).isFalse();
        }
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
    }

    @Test
    void startInBackground_mqttAway_namesItAndComesUpWhenItIsThere() {
        mqtt.stop();
        try (Bridge bridge = builder(toKafka())
                .startMode(StartMode.IN_BACKGROUND)
                .startTimeout(Duration.ofMillis(500))
                .build()
                .start()) {
            assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
            await().untilAsserted(() -> assertThat(bridge.health().degradations())
                    .extracting(Degradation::what)
                    .containsExactly("MQTT edge-1"));
            mqtt.restart();

            await().atMost(PATIENCE).until(() -> bridge.state() == BridgeState.RUNNING);
            assertThat(bridge.health().kafka().reachable()).isTrue();
        }
    }

    @Test
    void startInBackground_everythingThere_isRunningAtOnce() {
        try (Bridge bridge =
                builder(toKafka()).startMode(StartMode.IN_BACKGROUND).build().start()) {
            assertThat(bridge.state()).isEqualTo(BridgeState.RUNNING);
        }
    }

    @Test
    void startInBackground_credentialsRefused_fails() {
        Throwable failure = catchThrowable(() -> builder("wrong", toKafka())
                .startMode(StartMode.IN_BACKGROUND)
                .build()
                .start());

        assertThat(failure).isInstanceOf(BridgeStartException.class).hasMessageStartingWith("mqtt.credentials: ");
    }

    /** Not shown before the broker is there. */
    @Test
    void startInBackground_credentialsRefusedLater_failsForWhoWaits() {
        mqtt.stop();
        Bridge bridge = builder("wrong", toKafka())
                .startMode(StartMode.IN_BACKGROUND)
                .startTimeout(Duration.ofMillis(200))
                .build()
                .start();
        mqtt.restart();

        assertThat(thrownBy(bridge))
                .isInstanceOf(BridgeFailedException.class)
                .hasMessageContaining("mqtt.credentials: ")
                .hasCauseInstanceOf(BridgeStartException.class);
        assertThat(bridge.state()).isEqualTo(BridgeState.FAILED);
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
        bridge.close();
    }

    @Test
    void startInBackground_closedWhileKafkaIsAway_leavesNothing() {
        kafka.createTopic("commands", 1);
        kafka.stop();
        closeWhileStarting();
    }

    @Test
    void startInBackground_closedWhileMqttIsAway_leavesNothing() {
        kafka.createTopic("commands", 1);
        mqtt.stop();
        closeWhileStarting();
    }

    private void closeWhileStarting() {
        Bridge bridge = builder(toKafka(), toMqtt())
                .startMode(StartMode.IN_BACKGROUND)
                .startTimeout(Duration.ofMillis(1))
                .build()
                .start();

        bridge.close(Duration.ZERO);

        assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
        assertThat(kafka.clients()).isZero();
    }

    @Test
    void start_closedByAnotherThread_saysSoAndLeavesNothing() throws Exception {
        kafka.faults().on(KafkaOperation.LOOK_UP).hang();
        Bridge bridge = builder(toKafka()).build();
        CompletableFuture<Throwable> start = CompletableFuture.supplyAsync(() -> catchThrowable(bridge::start));
        await().until(() -> !kafka.faults().happened().isEmpty());

        bridge.close();

        assertThat(start.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(BridgeClosedException.class);
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
        assertThat(kafka.clients()).isZero();
    }

    /** It was told of the MQTT broker, which nobody had asked, and after as long as Kafka's client takes. */
    @Test
    void start_kafkaTooSlow_blamesKafka() {
        kafka.faults().on(KafkaOperation.LOOK_UP).hang();

        Throwable failure = catchThrowable(() ->
                builder(toKafka()).startTimeout(Duration.ofMillis(300)).build().start());

        assertThat(failure)
                .isInstanceOf(BridgeStartException.class)
                .hasMessageStartingWith("kafka.bootstrapServers: ")
                .hasMessageContaining("300 ms")
                .hasMessageContaining("startTimeout");
        assertThat(mqtt.packets()).noneMatch(one -> one.packet().type() == MqttPacketType.CONNECT);
    }

    @Test
    void start_refused_speaksOfNoOtherAttempt() {
        try (LogCapture log = new LogCapture()) {
            assertThat(catchThrowable(() -> builder("wrong", toKafka()).build().start()))
                    .isInstanceOf(BridgeStartException.class);

            assertThat(log.lines()).noneMatch(line -> line.contains("next attempt"));
        }
    }
}
