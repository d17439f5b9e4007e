package io.mqttkafka.bridge.tests.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** A record that Kafka's client cannot read, however often, is a failure of that record. */
@BridgeTest
class UnreadableRecordTest {
    private static Bridge start(FakeKafka kafka, BridgeStarter bridges, Consumer<FailurePolicy.Builder> onFailure) {
        kafka.createTopic("c", 1);
        kafka.produce("c", "k", "corrupt");
        kafka.produce("c", "k", "next");
        kafka.faults()
                .on(KafkaOperation.FETCH)
                .topic("c")
                .first(3)
                .fail(new KafkaException("Received exception when fetching the next record from c-0. If needed, please"
                        + " seek past the record to continue consumption."));
        return bridges.start(Route.fromKafka("c")
                .group("g")
                .toMqtt("d/{key}")
                .name("r")
                .qos(QoS.EXACTLY_ONCE)
                .noSubscribers(NoSubscribers.accept())
                .onFailure(onFailure)
                .build());
    }

    @Test
    void deadLetter_hasItsPlaceAndTheCause_andTheRestGoesOn(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = start(kafka, bridges, failure -> failure.deadLetter("dead"));

        ConsumerRecord<byte[], byte[]> dead = kafka.awaitRecords("dead", 1).get(0);
        assertThat(dead.value()).isNull();
        assertThat(header(dead, "bridge.dead-letter.origin")).isEqualTo("c-0@0");
        assertThat(header(dead, "bridge.dead-letter.message")).startsWith("the record cannot be read: ");
        kafka.awaitCommitted("g", "c", 0, 2);
        RouteHealth route = bridge.health().route("r");
        assertThat(route.total().delivered()).isOne();
        assertThat(route.running()).isTrue();
    }

    @Test
    void stop_namesItsPlace(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Bridge bridge = start(kafka, bridges, failure -> failure.stop());

        await().until(() -> !bridge.health().route("r").running());
        assertThat(bridge.health().route("r").lastError())
                .extracting(LastError::cause, InstanceOfAssertFactories.STRING)
                .contains("the record cannot be read");
        assertThat(kafka.committed("g", "c", 0)).isEqualTo(-1);
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
