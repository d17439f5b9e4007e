package io.mqttkafka.bridge.examples;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.MqttPacketType;
import io.mqttkafka.bridge.testkit.fake.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.KafkaOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the README shows of testing routes: no Docker, no waiting, real packets on real sockets. */
class TestingYourRoutesTest {
    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void stop() {
        kafka.close();
        mqtt.close();
    }

    @Test
    void reading_isInKafkaBeforeItIsAcknowledged() {
        try (Bridge bridge = bridge()) {
            mqtt.publish("sensors/1/temp", "21.5", 1);

            assertThat(kafka).topic("telemetry").containsInOrder("21.5");
            assertThat(mqtt).allAcknowledged("edge-1").neverAcknowledgedBefore(kafka);
        }
    }

    @Test
    void reading_thatKafkaRefuses_isInTheDeadLetters() {
        kafka.faults().on(KafkaOperation.SEND).topic("telemetry").nth(2).tooLarge();
        try (Bridge bridge = bridge()) {
            mqtt.publish("sensors/1/temp", "21.5", 1);
            mqtt.publish("sensors/1/temp", "much too long", 1);
            mqtt.publish("sensors/1/temp", "21.7", 1);

            assertThat(kafka).topic("telemetry").containsInOrder("21.5", "21.7");
            assertThat(kafka).topic("telemetry.dead").containsInOrder("much too long");
            assertThat(mqtt).allAcknowledged("edge-1");
        }
    }

    @Test
    void acknowledgement_thatIsLost_losesNothing() {
        mqtt.faults().on(MqttPacketType.PUBACK).nth(1).dropConnection();
        try (Bridge bridge = bridge()) {
            mqtt.publish("sensors/1/temp", "21.5", 1);
            mqtt.publish("sensors/1/temp", "21.6", 1);

            assertThat(mqtt).allAcknowledged("edge-1");
            assertThat(kafka).topic("telemetry").contains("21.5", "21.6");
        }
    }

    /** In your project this is the code that you ship: it takes the two addresses. */
    private Bridge bridge() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("sensors/{device}/temp")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("telemetry")
                        .key("{device}")
                        .onFailure(f -> f.deadLetter("telemetry.dead"))
                        .build())
                .build()
                .start();
    }
}
