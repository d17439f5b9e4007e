package com.example.telemetry;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.testkit.contract.TestCodecContext;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The route, between an MQTT broker and a Kafka that start in milliseconds and fail on demand. */
@BridgeTest
class ColdChainTest {

    private FakeMqttBroker mqtt;
    private FakeKafka kafka;
    private BridgeStarter bridges;

    @BeforeEach
    void given(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        this.mqtt = mqtt;
        this.kafka = kafka;
        this.bridges = bridges;
    }

    private Bridge start() {
        return bridges.start(ColdChain.newBridge(mqtt.serverUri(), kafka.bootstrapServers()));
    }

    private Publication publish(String topic, Reading reading) {
        byte[] payload = new ReadingCodec().encode(reading, new TestCodecContext(topic, null));
        return mqtt.publish(topic, payload, 1, false, MqttProperties.NONE);
    }

    @Test
    void readings_areMapped_alarmsIntoATopicOfTheirOwn() {
        start();

        publish("cold/berlin/7", new Reading(1, 4.25));
        publish("cold/berlin/7", new Reading(2, 21.5));
        publish("cold/riga/1", new Reading(1, 5));

        assertThat(kafka).topic("readings.berlin").containsExactlyInAnyOrder("1: 4.25 C");
        assertThat(kafka).topic("alarms.berlin").containsExactlyInAnyOrder("2: 21.5 C !");
        assertThat(kafka).topic("readings.riga").containsExactlyInAnyOrder("1: 5.0 C");
    }

    @Test
    void payload_thatNoSensorShouldSend_isInTheDeadLetters() {
        start();

        Publication broken = mqtt.publish("cold/berlin/7", "not a reading", 1);
        Publication reading = publish("cold/berlin/7", new Reading(1, 4.25));

        assertThat(mqtt).acknowledged(broken, reading);
        assertThat(kafka).topic(ColdChain.DEAD_LETTERS).containsExactlyInAnyOrder("not a reading");
        assertThat(kafka).topic("readings.berlin").containsExactlyInAnyOrder("1: 4.25 C");
    }

    @Test
    void crash_beforeKafkaConfirms_losesNothing() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).hang();
        Bridge first = start();
        Publication reading = publish("cold/berlin/7", new Reading(1, 4.25));
        mqtt.awaitPackets("the reading", packets -> packets.stream()
                .anyMatch(one -> one.packet().type() == MqttPacketType.PUBLISH));

        crash(first);
        assertThat(mqtt).notAcknowledged(reading);
        kafka.faults().clear();
        start();

        assertThat(mqtt).acknowledged(reading);
        assertThat(kafka).topic("readings.berlin").contains("1: 4.25 C");
    }

    @Test
    void crash_beforeTheAcknowledgementArrives_repeatsTheMessage() {
        mqtt.faults().on(MqttPacketType.PUBACK).nth(1).dropPacket();
        Bridge first = start();
        Publication reading = publish("cold/berlin/7", new Reading(1, 4.25));
        mqtt.awaitPackets("the acknowledgement, which is lost", packets -> packets.stream()
                .anyMatch(one -> one.packet().type() == MqttPacketType.PUBACK));

        crash(first);
        assertThat(mqtt).notAcknowledged(reading);
        start();

        assertThat(mqtt).acknowledged(reading);
        assertThat(kafka.values("readings.berlin")).containsExactly("1: 4.25 C", "1: 4.25 C");
    }

    /** The connection breaks, and whatever the bridge knew is forgotten. */
    private void crash(Bridge bridge) {
        mqtt.dropConnection("cold-chain");
        bridge.close(Duration.ZERO);
    }
}
