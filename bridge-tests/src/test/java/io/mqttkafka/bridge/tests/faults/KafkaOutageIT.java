package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import io.mqttkafka.bridge.testkit.broker.KafkaProcess;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real Kafka that is stopped, or hangs, for a minute: the bridge says so, in both directions, and that it is over. */
@Tag("chaos")
class KafkaOutageIT {
    private static final Duration OUTAGE = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static KafkaProcess kafka;

    private final List<String> told = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() {
        kafka = KafkaProcess.start();
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    private Bridge bridge(FakeMqttBroker mqtt, String name) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId(name))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka(name + "-in")
                        .build())
                .route(Route.fromMqtt("b/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka(name + "-in")
                        .build())
                .route(Route.fromKafka(name + "-out")
                        .group(name)
                        .toMqtt("devices/{key}")
                        .qos(QoS.AT_LEAST_ONCE)
                        .build())
                .startMode(StartMode.IN_BACKGROUND)
                .listener(new BridgeListener() {
                    @Override
                    public void onDegraded(Degraded event) {
                        told.add("degraded " + event.what());
                    }

                    @Override
                    public void onRecovered(Recovered event) {
                        told.add("recovered " + event.what());
                    }
                })
                .build();
    }

    private void outage(String name, Runnable begin, Runnable end) {
        kafka.createTopic(name + "-in", 2);
        kafka.createTopic(name + "-out", 2);
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true);
                Bridge bridge = bridge(mqtt, name).start()) {
            device.subscribe("devices/#", 1);
            kafka.produce(name + "-out", "7", "on");
            assertThat(device.next()).contains("on");
            mqtt.awaitAcknowledged(mqtt.publish("a/1", "x", 1));
            mqtt.awaitAcknowledged(mqtt.publish("b/1", "x", 2));
            assertThat(bridge.state()).isEqualTo(BridgeState.RUNNING);

            Instant begun = Instant.now();
            Publication waiting;
            try {
                begin.run();
                waiting = mqtt.publish("a/1", "y", 1);
                awaitSaid(bridge, name, begun);
                assertThat(waiting.isAcknowledged()).isFalse();
            } finally {
                end.run();
            }

            await().atMost(PATIENCE).until(() -> bridge.state() == BridgeState.RUNNING);
            mqtt.awaitAcknowledged(waiting, PATIENCE);
            kafka.produce(name + "-out", "7", "off");
            await().atMost(PATIENCE).until(() -> device.next().contains("off"));
            assertThat(bridge.health().degradations()).isEmpty();
            assertThat(bridge.health().kafka().lastError()).isNotNull();
            assertThat(bridge.health().kafka().lastError().over()).isTrue();
            assertThat(told.stream().filter("degraded Kafka"::equals)).hasSize(1);
            await().until(() -> told.contains("recovered Kafka"));
        }
    }

    private static void awaitSaid(Bridge bridge, String name, Instant begun) {
        await().atMost(PATIENCE).until(() -> bridge.health().degradations().stream()
                .map(Degradation::what)
                .anyMatch("Kafka"::equals));
        assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
        assertThat(bridge.health().kafka().reachable()).isFalse();
        // A client that has lost its last broker forgets the topics, and the message waits in front of it.
        await().until(() -> (name + "-in").equals(bridge.health().kafka().longestWaitingTopic()));
        await().atMost(PATIENCE)
                .until(() -> Duration.between(begun, Instant.now()).compareTo(OUTAGE) > 0);
    }

    @Test
    void stoppedForAMinute() {
        outage("stopped", kafka::stop, kafka::restart);
    }

    @Test
    void hangingForAMinute() {
        outage("hung", kafka::pause, kafka::resume);
    }

    @Test
    void awayAtStart_comesUpInTheBackground() {
        kafka.createTopic("late-in", 1);
        kafka.createTopic("late-out", 1);
        kafka.stop();
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                Bridge bridge = bridge(mqtt, "late")) {
            try {
                bridge.start();
                assertThat(bridge.health().degradations())
                        .extracting(Degradation::what)
                        .containsExactly("Kafka");
            } finally {
                kafka.restart();
            }

            await().atMost(PATIENCE).until(() -> bridge.state() == BridgeState.RUNNING);
            mqtt.awaitAcknowledged(mqtt.publish("a/1", "x", 1));
        }
    }
}
