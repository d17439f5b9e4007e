package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.DeliveryTimes;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How long messages take, by a clock that stands still but for the delay. */
@BridgeTest
class DeliveryTimesTest {
    private static final Duration DELAY = Duration.ofSeconds(3);

    private static DeliveryTimes each(long count, Duration time) {
        return DeliveryTimes.of(count, time, time, time);
    }

    private static void assertTimes(Bridge bridge, String route, DeliveryTimes times) {
        await().until(() -> bridge.health().route(route).deliveryTimes().count() >= times.count());
        RouteHealth health = bridge.health().route(route);
        assertThat(health.deliveryTimes()).isEqualTo(times);
        assertThat(health.recentDeliveryTimes()).isEqualTo(times);
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    void fromMqtt_kafkaTakesItsTime_isMeasuredUntilTheAcknowledgement(
            QoS qos, FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        kafka.createTopic("t", 1);
        Bridge bridge = bridges.start(
                Route.fromMqtt("a/#").qos(qos).toKafka("t").name("in").build());
        assertThat(bridge.health().route("in").deliveryTimes()).isEqualTo(DeliveryTimes.NONE);
        assertThat(bridge.health().oldestUnacknowledged()).isZero();
        KafkaOperation held = qos == QoS.EXACTLY_ONCE ? KafkaOperation.COMMIT_TRANSACTION : KafkaOperation.SEND;
        kafka.faults().on(held).first(1).delay(DELAY);

        Publication message = mqtt.publish("a/b", "x", qos.level());
        kafka.faults().awaitHappened(1);
        if (qos != QoS.AT_MOST_ONCE) {
            await().until(() -> bridge.health().oldestUnacknowledged().compareTo(Duration.ZERO) > 0);
        }
        assertThat(bridge.health().route("in").deliveryTimes()).isEqualTo(DeliveryTimes.NONE);
        clock.awaitPause();
        clock.advance(DELAY);

        if (qos != QoS.AT_MOST_ONCE) {
            mqtt.awaitAcknowledged(message);
        }
        assertTimes(bridge, "in", each(1, DELAY));
        await().until(() -> bridge.health().oldestUnacknowledged().isZero());
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    void fromKafka_brokerTakesItsTime_isMeasuredUntilItsAcknowledgement(
            QoS qos, FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        kafka.createTopic("commands", 1);
        Bridge bridge = bridges.start(Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .qos(qos)
                .noSubscribers(NoSubscribers.accept())
                .name("out")
                .build());
        mqtt.faults().on(MqttPacketType.PUBLISH).fromClient().first(1).delay(DELAY);

        kafka.produce("commands", "7", "on");
        mqtt.faults().awaitHappened(1);
        if (qos == QoS.AT_MOST_ONCE) {
            // It is done with when it has been written.
            assertTimes(bridge, "out", each(1, Duration.ZERO));
        } else {
            assertThat(bridge.health().route("out").deliveryTimes()).isEqualTo(DeliveryTimes.NONE);
        }
        clock.advance(DELAY);

        if (qos != QoS.AT_MOST_ONCE) {
            assertTimes(bridge, "out", each(1, DELAY));
        }
        kafka.awaitCommitted("g", "commands", 0, 1);
    }

    /** The broker asks for the same PUBREC again: the message was delivered once. */
    @Test
    void fromMqtt_acknowledgementLost_isMeasuredOnce(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
        kafka.createTopic("t", 1);
        Bridge bridge = bridges.start(Route.fromMqtt("a/#")
                .qos(QoS.EXACTLY_ONCE)
                .effectivelyOnce()
                .toKafka("t")
                .name("in")
                .build());
        mqtt.faults().on(MqttPacketType.PUBREC).fromClient().first(1).dropConnection();

        Publication message = mqtt.publish("a/b", "x", 2);
        mqtt.faults().awaitHappened(1);
        clock.advance(clock.awaitPause());
        mqtt.awaitAcknowledged(message);

        assertTimes(bridge, "in", each(1, Duration.ZERO));
        assertThat(bridge.health().route("in").total().acknowledged()).isEqualTo(2);
    }
}
