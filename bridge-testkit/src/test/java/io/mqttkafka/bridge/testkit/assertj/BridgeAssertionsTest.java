package io.mqttkafka.bridge.testkit.assertj;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Assertions that hold, and that fail where they must. */
class BridgeAssertionsTest {

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void close() {
        kafka.close();
        mqtt.close();
    }

    private Bridge bridge() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("sensors/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("telemetry")
                        .build())
                .build()
                .start();
    }

    @Test
    void bridge_thatKeepsItsPromise_passes() {
        try (Bridge bridge = bridge()) {
            Publication first = mqtt.publish("sensors/1", "a", 1);
            Publication second = mqtt.publish("sensors/1", "b", 1);

            assertThat(mqtt)
                    .acknowledged(first, second)
                    .allAcknowledged("edge-1")
                    .neverAcknowledgedBefore(kafka);
            assertThat(kafka).topic("telemetry").containsInOrder("a", "b").containsExactlyInAnyOrder("b", "a");
            assertThat(kafka).topic("dead").isEmpty();
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void message_thatIsHeldUp_isNotAcknowledged() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).hang();
        try (Bridge bridge = bridge()) {
            Publication held = mqtt.publish("sensors/1", "a", 1);
            await().until(() -> !kafka.faults().happened().isEmpty());
            assertThat(mqtt).notAcknowledged(held);

            kafka.faults().release();

            assertThat(mqtt).acknowledged(held).neverAcknowledgedBefore(kafka);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void acknowledgement_withoutARecord_fails() {
        try (Bridge bridge = bridge()) {
            assertThat(mqtt).acknowledged(mqtt.publish("sensors/1", "a", 1));

            assertThatThrownBy(() -> assertThat(mqtt).neverAcknowledgedBefore(kafka, (publish, record) -> false))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("PUBACK");
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void topic_thatIsNotEmpty_fails() {
        kafka.produce("telemetry", null, "a");

        assertThatThrownBy(() -> assertThat(kafka).topic("telemetry").isEmpty())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("telemetry");
    }
}
