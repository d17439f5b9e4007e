package io.mqttkafka.bridge.testkit.broker;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One test against every pair of brokers: fakes, those in the JVM, processes, containers. */
class AnyBrokerIT {

    private static final Backoff SOON = Backoff.exponential(Duration.ofMillis(20), Duration.ofMillis(500));

    /** A pair of brokers, and what it needs to run here. */
    enum Brokers {
        FAKE(() -> true, "", FakeMqttBroker::start, FakeKafka::start),
        EMBEDDED(
                () -> true,
                "",
                () -> EmbeddedMqttBroker.builder().filePersistence().start(),
                EmbeddedKafka::start),
        PROCESS(
                MosquittoBroker::available,
                "mosquitto is neither on the PATH nor in /usr/sbin",
                MosquittoBroker::start,
                KafkaProcess::start),
        CONTAINER(
                ContainerMqttBroker::available,
                "Testcontainers finds no Docker",
                ContainerMqttBroker::start,
                ContainerKafka::start);

        private final BooleanSupplier available;
        private final String lack;
        private final Supplier<MqttBroker> mqtt;
        private final Supplier<KafkaBroker> kafka;

        Brokers(BooleanSupplier available, String lack, Supplier<MqttBroker> mqtt, Supplier<KafkaBroker> kafka) {
            this.available = available;
            this.lack = lack;
            this.mqtt = mqtt;
            this.kafka = kafka;
        }
    }

    @ParameterizedTest
    @EnumSource
    void messages_ofBothDirections_arriveOverARestartOfBothBrokers(Brokers brokers) {
        assumeTrue(brokers.available.getAsBoolean(), brokers.lack);
        try (MqttBroker mqtt = brokers.mqtt.get();
                KafkaBroker kafka = brokers.kafka.get()) {
            kafka.createTopic("telemetry", 2);
            kafka.createTopic("commands", 1);
            try (Bridge bridge = bridge(mqtt, kafka)) {
                exchange(mqtt, kafka, "before");
                await().until(() -> bridge.health().healthy());

                String address = mqtt.serverUri() + " " + kafka.bootstrapServers();
                mqtt.restart();
                kafka.restart();
                assertThat(mqtt.serverUri() + " " + kafka.bootstrapServers()).isEqualTo(address);

                exchange(mqtt, kafka, "after");
            }
            // Order holds within a QoS: those of QoS 2 wait for a transaction, and the others do not wait for them.
            assertThat(kafka).topic("telemetry").containsInOrder("before 1", "after 1");
            assertThat(kafka).topic("telemetry").containsInOrder("before 2", "after 2");
            assertThat(kafka.readAll("nowhere")).isEmpty();
        }
    }

    private static void exchange(MqttBroker mqtt, KafkaBroker kafka, String when) {
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("devices/+/cmd", 1);
            device.publish("sensors/7/temp", when + " 1", 1);
            device.publish("sensors/7/temp", when + " 2", 2);
            kafka.produce("commands", "7", when);

            assertThat(device.next()).isEqualTo("devices/7/cmd " + when);
        }
        assertThat(kafka).topic("telemetry").contains(when + " 1", when + " 2");
    }

    private static Bridge bridge(MqttBroker mqtt, KafkaBroker kafka) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("any").reconnect(SOON))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()).consumer("group.protocol", "classic"))
                .route(Route.fromMqtt("sensors/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka("telemetry")
                        .build())
                .route(Route.fromKafka("commands")
                        .group("any")
                        .toMqtt("devices/{key}/cmd")
                        .qos(QoS.AT_LEAST_ONCE)
                        .build())
                .build()
                .start();
    }
}
