package io.mqttkafka.bridge.tests.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What others see of a bridge that comes, breaks, and goes, by a clock that the test moves; and the wills of devices. */
class BirthAndWillTest {
    private static final String STATUS = "bridges/1";
    private static final Duration DELAY = Duration.ofSeconds(30);

    private final ManualClock clock = new ManualClock();
    private final FakeMqttBroker mqtt = FakeMqttBroker.builder().clock(clock).start();
    private final FakeKafka kafka = FakeKafka.start();
    private Bridge bridge;

    @BeforeEach
    void createTopic() {
        kafka.createTopic("u", 1, Map.of());
    }

    @AfterEach
    void close() {
        if (bridge != null) {
            bridge.close();
        }
        mqtt.close();
        kafka.close();
    }

    private Bridge build(Backoff reconnect, Route route) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri())
                        .clientId("edge-1")
                        .keepAlive(Duration.ofHours(10))
                        .reconnect(reconnect))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .status(STATUS)
                .route(route)
                .build();
    }

    private void start(Backoff reconnect, Route route) {
        bridge = build(reconnect, route).start();
    }

    private static Backoff soon() {
        return Backoff.fixed(Duration.ofMillis(1));
    }

    private static Route in() {
        return Route.fromMqtt("a/#").qos(QoS.AT_LEAST_ONCE).toKafka("t").build();
    }

    private static Route out() {
        return Route.fromKafka("u").group("g").toMqtt("b/{key}").build();
    }

    static Stream<Route> directions() {
        return Stream.of(in(), out());
    }

    private String status() {
        byte[] retained = mqtt.retained().get(STATUS);
        return retained == null ? "nothing" : new String(retained, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @MethodSource("directions")
    void bridge_isOnlineOnceItHasStarted_andOfflineWhenItIsClosed(Route route) {
        Bridge built = build(soon(), route);
        assertThat(status()).isEqualTo("nothing");

        bridge = built.start();
        assertThat(status()).isEqualTo("online");

        bridge.close();
        assertThat(status()).isEqualTo("offline");
        await().until(() -> mqtt.connectedClients().isEmpty());
        assertThat(mqtt.violations()).isEmpty();
    }

    @Test
    void connectionBroken_backWithinTheDelay_nobodyIsTold() {
        start(soon(), in());
        mqtt.clearPackets();

        for (int i = 0; i < 3; i++) {
            mqtt.dropConnection("edge-1-status");
            clock.advance(DELAY.minusSeconds(1));
            mqtt.awaitConnected("edge-1-status");
            await().until(() -> bridge.state() == BridgeState.RUNNING);
            assertThat(status()).isEqualTo("online");
        }
        clock.advance(DELAY.multipliedBy(2));

        assertThat(status()).isEqualTo("online");
        assertThat(mqtt.packetLog()).doesNotContain("offline");
    }

    @Test
    void bridgeGoneForTheDelay_isOffline() {
        start(Backoff.fixed(Duration.ofHours(1)), out());
        mqtt.dropConnection("edge-1-status");
        mqtt.awaitDisconnected("edge-1-status");
        assertThat(status()).isEqualTo("online");

        clock.advance(DELAY);

        assertThat(status()).isEqualTo("offline");
    }

    @Test
    void processRestartedWithinTheDelay_wasNeverOffline() {
        start(Backoff.fixed(Duration.ofHours(1)), in());
        mqtt.dropConnection("edge-1-status");
        mqtt.awaitDisconnected("edge-1-status");
        try (Bridge next = build(
                        soon(),
                        Route.fromMqtt("a/#")
                                .clientId("edge-2")
                                .qos(QoS.AT_LEAST_ONCE)
                                .toKafka("t")
                                .build())
                .start()) {
            clock.advance(DELAY);

            assertThat(next.state()).isEqualTo(BridgeState.RUNNING);
            assertThat(status()).isEqualTo("online");
        }
    }

    @Test
    void closed_willIsVoid() {
        start(soon(), in());
        bridge.close();
        mqtt.publishRetained(STATUS, "mine");

        clock.advance(DELAY.multipliedBy(2));

        assertThat(status()).isEqualTo("mine");
    }

    @Test
    void clientIdOfARoute_isRefused() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> Bridge.builder()
                        .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                        .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                        .status(s -> s.topic(STATUS).clientId("edge-1"))
                        .route(in())
                        .build())
                .withMessage(
                        "status.clientId: 'edge-1' is used by a route, and they would take each other's session over;"
                                + " choose another one");
    }

    @Test
    void willOfADevice_isCarriedLikeAnyMessage() throws MqttException {
        start(soon(), in());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setWill("a/device-7", new MqttMessage("gone".getBytes(StandardCharsets.UTF_8), 1, true, null));
        MqttAsyncClient device = new MqttAsyncClient(mqtt.serverUri(), "device-7", new MemoryPersistence());
        device.connect(options).waitForCompletion(10_000);

        mqtt.dropConnection("device-7");

        assertThat(kafka.awaitRecords("t", 1)).singleElement().satisfies(record -> {
            assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo("gone");
            assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("a/device-7");
        });
        mqtt.awaitAllAcknowledged("edge-1");
        device.close(true);
    }
}
