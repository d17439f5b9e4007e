package io.mqttkafka.bridge.tests.bridge;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.junit.BridgeFakes;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A fake broker that speaks MQTT 3.1.1 only, and the bridges of a {@link BridgeTest} that speak it, or find out. */
class OldBrokerTest {
    private static void deliversExactlyOnce(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("telemetry", 1);
        bridges.start(Route.fromMqtt("sensors/+")
                .qos(QoS.EXACTLY_ONCE)
                .toKafka("telemetry")
                .build());

        mqtt.publish("sensors/1", "a", 2);
        mqtt.publish("sensors/1", "b", 2);

        assertThat(kafka).topic("telemetry").containsInOrder("a", "b");
        assertThat(mqtt).allAcknowledged(BridgeStarter.CLIENT_ID);
    }

    @Nested
    @BridgeTest(version = MqttVersion.V3_1_1)
    class Asked {
        @BridgeFakes
        static void old(FakeMqttBroker.Builder mqtt) {
            mqtt.onlyMqtt311(true);
        }

        @Test
        void messages_areDeliveredExactlyOnce(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            deliversExactlyOnce(mqtt, kafka, bridges);
        }
    }

    @Nested
    @BridgeTest(version = MqttVersion.AUTO)
    class Refusing {
        @BridgeFakes
        static void old(FakeMqttBroker.Builder mqtt) {
            mqtt.onlyMqtt311(true);
        }

        @Test
        void messages_areDeliveredExactlyOnce(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            deliversExactlyOnce(mqtt, kafka, bridges);
        }
    }

    @Nested
    @BridgeTest(version = MqttVersion.AUTO)
    class HangingUp {
        @BridgeFakes
        static void old(FakeMqttBroker.Builder mqtt) {
            mqtt.onlyMqtt311(false);
        }

        @Test
        void messages_areDeliveredExactlyOnce(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            deliversExactlyOnce(mqtt, kafka, bridges);
        }
    }
}
