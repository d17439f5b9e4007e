package io.mqttkafka.bridge.examples;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import org.junit.jupiter.api.Test;

/** What docs/testing.md shows: no Docker, no waiting, real packets on real sockets. */
@BridgeTest
class TestingYourRoutesTest {

    /** In your project this is the code that you ship: it takes the two addresses. */
    private static Bridge newBridge(String mqttUri, String bootstrapServers) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqttUri).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(bootstrapServers))
                .route(Route.fromMqtt("sensors/{device}/temp")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("telemetry")
                        .key("{device}")
                        .onFailure(f -> f.deadLetter("telemetry.dead"))
                        .build())
                .build();
    }

    @Test
    void reading_isInKafkaBeforeItIsAcknowledged(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        bridges.start(newBridge(mqtt.serverUri(), kafka.bootstrapServers()));

        mqtt.publish("sensors/1/temp", "21.5", 1);

        assertThat(kafka).topic("telemetry").containsInOrder("21.5");
        assertThat(mqtt).allAcknowledged("edge-1").neverAcknowledgedBefore(kafka);
    }

    @Test
    void acknowledgement_thatIsLost_losesNothing(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        mqtt.faults().on(MqttPacketType.PUBACK).nth(1).dropConnection();
        bridges.start(newBridge(mqtt.serverUri(), kafka.bootstrapServers()));

        mqtt.publish("sensors/1/temp", "21.5", 1);
        mqtt.publish("sensors/1/temp", "21.6", 1);

        assertThat(mqtt).allAcknowledged("edge-1");
        assertThat(kafka).topic("telemetry").contains("21.5", "21.6");
    }

    @Test
    void reading_thatKafkaRefuses_isInTheDeadLetters(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.faults().on(KafkaOperation.SEND).topic("telemetry").nth(2).tooLarge();
        bridges.start(newBridge(mqtt.serverUri(), kafka.bootstrapServers()));

        mqtt.publish("sensors/1/temp", "21.5", 1);
        mqtt.publish("sensors/1/temp", "much too long", 1);
        mqtt.publish("sensors/1/temp", "21.7", 1);

        assertThat(kafka).topic("telemetry").containsInOrder("21.5", "21.7");
        assertThat(kafka).topic("telemetry.dead").containsInOrder("much too long");
        assertThat(mqtt).allAcknowledged("edge-1");
    }
}
