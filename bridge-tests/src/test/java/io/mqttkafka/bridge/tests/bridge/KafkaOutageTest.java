package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.junit.BridgeCheck;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.time.Duration;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** Messages that arrive while Kafka is away. */
@BridgeTest
class KafkaOutageTest {

    /** How many partitions there are is remembered from the start: the fault would show that somebody asks again. */
    @Test
    @BridgeTest(without = BridgeCheck.FAULTS)
    void partitioner_kafkaIsAway_messageWaits(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("t", 4);
        Bridge bridge = bridges.start(Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("t")
                .partitioner(request -> request.partitionCount() - 1)
                .build());
        kafka.stop();
        kafka.faults().on(KafkaOperation.LOOK_UP).fail(new TimeoutException("no answer"));

        Publication publication = mqtt.publish("a/b", "x", 1);
        await().until(() -> bridge.health().routes().get(0).qos1().received() == 1);
        kafka.restart();

        assertThat(kafka.awaitRecords("t", 1).get(0).partition()).isEqualTo(3);
        mqtt.awaitAcknowledged(publication);
        await().until(() -> bridge.health().healthy());
    }

    @Test
    void deliveryTimeout_expires_dropsTheConnectionUnacknowledged(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = bridges.start(Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()).deliveryTimeout(Duration.ofSeconds(1)))
                .route(Route.fromMqtt("a/#").qos(QoS.AT_LEAST_ONCE).toKafka("t").build())
                .build());
        kafka.stop();

        Publication publication = mqtt.publish("a/b", "x", 1);
        mqtt.awaitDisconnected("edge-1");
        assertThat(publication.isAcknowledged()).isFalse();
        await().untilAsserted(
                        () -> assertThat(bridge.health().connections().get(0).lastError())
                                .isNotNull()
                                .satisfies(error -> assertThat(error.cause()).contains("Kafka's client failed")));
        kafka.restart();

        mqtt.awaitAcknowledged(publication);
        assertThat(kafka.values("t")).containsOnly("x");
        assertThat(mqtt.packets().stream()
                        .filter(logged -> logged.packet().type() == MqttPacketType.PUBACK)
                        .count())
                .isOne();
        await().until(() -> bridge.health().healthy());
    }
}
