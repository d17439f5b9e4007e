package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A bridge between the fake MQTT broker and a fake Kafka, by both versions of MQTT. */
@ParameterizedClass
@EnumSource(
        value = MqttVersion.class,
        names = {"V5", "V3_1_1"})
class FakeBrokerTest {

    private static final String CLIENT = "edge-1";

    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private final ScriptedKafka kafka = new ScriptedKafka();
    private DefaultBridge bridge;

    @Parameter
    MqttVersion version;

    @AfterEach
    void close() {
        if (bridge != null) {
            bridge.close(Duration.ZERO);
        }
        broker.close();
    }

    @Test
    void qos0_message_reachesKafka() {
        start(QoS.AT_MOST_ONCE);

        broker.publish("a/b", "x", 0);

        kafka.next("x").confirm();
        assertThat(broker.violations()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"AT_LEAST_ONCE, 1", "EXACTLY_ONCE, 2"})
    void qos1And2_message_isAcknowledgedWhenKafkaHasIt(QoS level, int qos) {
        start(level);

        Publication publication = broker.publish("a/b", "x", qos);
        ScriptedKafka.Sent sent = kafka.next("x");
        assertThat(publication.isAcknowledged()).isFalse();
        assertThat(broker.unacknowledged(CLIENT)).hasSize(1);
        sent.confirm();

        broker.awaitAcknowledged(publication);
        broker.awaitAllAcknowledged(CLIENT);
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void pubackLostWithTheConnection_message_comesTwice() {
        start(QoS.AT_LEAST_ONCE);
        broker.faults().on(MqttPacketType.PUBACK).fromClient().nth(1).dropConnection();

        Publication publication = broker.publish("a/b", "x", 1);
        kafka.next("x").confirm();
        kafka.next("x").confirm();

        broker.awaitAcknowledged(publication);
        assertThat(broker.faults().happened()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void connectionsCutByChance_everyMessageReachesKafkaAndIsAcknowledged(QoS level) {
        assumeTrue(version == MqttVersion.V5, "by MQTT 3.1.1 three closes in a row are taken for a takeover");
        broker.faults()
                .seed(7)
                .on(MqttPacketType.PUBACK)
                .fromClient()
                .withProbability(0.02)
                .dropConnection()
                .on(MqttPacketType.PUBREC)
                .fromClient()
                .withProbability(0.02)
                .dropConnection()
                .on(MqttPacketType.PUBREL)
                .toClient()
                .withProbability(0.02)
                .dropConnection()
                .after(MqttPacketType.PUBLISH)
                .toClient()
                .withProbability(0.02)
                .closeConnection();
        start(level);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        Thread confirming = new Thread(() -> confirmAll(seen), "confirm");
        confirming.setDaemon(true);
        confirming.start();

        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            publications.add(broker.publish("a/b", String.valueOf(i), level == QoS.AT_LEAST_ONCE ? 1 : 2));
        }

        // Paho's receiver may throw when a connection ends early
        await().dontCatchUncaughtExceptions().atMost(Duration.ofSeconds(60)).until(() -> publications.stream()
                .allMatch(Publication::isAcknowledged));
        confirming.interrupt();
        assertThat(seen).hasSize(100);
        assertThat(broker.faults().happened()).isNotEmpty();
    }

    @Test
    void brokerRestarted_bridge_goesOnWithItsSession() {
        start(QoS.AT_LEAST_ONCE);

        broker.stop();
        broker.publish("a/b", "x", 1);
        broker.restart();

        kafka.next("x").confirm();
        broker.awaitAllAcknowledged(CLIENT);
    }

    private void confirmAll(Set<String> seen) {
        while (!Thread.currentThread().isInterrupted()) {
            ScriptedKafka.Sent sent;
            try {
                sent = kafka.next();
            } catch (AssertionError e) {
                // interrupted, or nothing came for long
                continue;
            }
            seen.add(sent.value());
            sent.confirm();
        }
    }

    private void start(QoS qos) {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri(broker.serverUri())
                .clientId(CLIENT)
                .version(version)
                // how long the bridge waits for SUBACK where the connection is cut before SUBSCRIBE
                .connectTimeout(Duration.ofSeconds(2))
                // a broker that cuts long bursts would never get through one
                .receiveMaximum(10)
                .reconnect(Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(20)))
                .build();
        Route route = Route.fromMqtt("a/#")
                .qos(qos)
                .effectivelyOnce()
                .toKafka("t")
                .name("t")
                .build();
        bridge = new DefaultBridge(
                new BridgeConfig(
                        mqtt,
                        KafkaOptions.builder().bootstrapServers("kafka:9092").build(),
                        List.of(route),
                        List.of(),
                        new Life(
                                Duration.ofSeconds(10),
                                StartMode.UNTIL_TIMEOUT,
                                Duration.ofMillis(300),
                                Duration.ofSeconds(30)),
                        LoopOptions.defaults(),
                        null,
                        null),
                new SocketTransport(),
                kafka);
        bridge.start();
        broker.awaitSubscribed(CLIENT, "a/#");
    }
}
