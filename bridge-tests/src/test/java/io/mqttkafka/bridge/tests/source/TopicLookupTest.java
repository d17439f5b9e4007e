package io.mqttkafka.bridge.tests.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Messages for Kafka topics that are missing, forbidden, slow to be found, or the bridge's own. */
@BridgeTest
class TopicLookupTest {

    private static Route byName(Consumer<FailurePolicy.Builder> policy) {
        return Route.fromMqtt("in/{name}")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("{name}")
                .name("byName")
                .onFailure(policy)
                .build();
    }

    private static Route other() {
        return Route.fromMqtt("other/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("other")
                .name("other")
                .build();
    }

    @Test
    void missingTopics_goByThePolicy_andOneMadeLaterIsFound(FakeMqttBroker mqtt, BridgeStarter bridges) {
        ManualClock clock = new ManualClock();
        try (FakeKafka kafka =
                FakeKafka.builder().withoutAutoCreate().clock(clock).start()) {
            kafka.createTopic("dead", 1);
            try (Bridge bridge = bridges.start(bridge(mqtt, kafka)
                    .route(byName(policy -> policy.deadLetter("dead")))
                    .build())) {
                for (int i = 0; i < 10; i++) {
                    mqtt.publish("in/missing", "x" + i, 1);
                }
                assertThat(kafka.awaitRecords("dead", 10))
                        .extracting(TopicLookupTest::value)
                        .containsExactly("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9");

                kafka.createTopic("missing", 1);
                clock.advance(Duration.ofSeconds(10));
                mqtt.publish("in/missing", "found", 1);

                assertThat(value(kafka.awaitRecords("missing", 1).get(0))).isEqualTo("found");
                mqtt.awaitAllAcknowledged("edge-1");
            }
        }
    }

    /** The clock stands: nobody waits ten seconds. */
    @Test
    void missingTopic_madeWhileItIsRetried_isFound(FakeMqttBroker mqtt, BridgeStarter bridges) {
        ManualClock clock = new ManualClock();
        try (FakeKafka kafka =
                FakeKafka.builder().withoutAutoCreate().clock(clock).start()) {
            try (Bridge bridge = bridges.start(bridge(mqtt, kafka)
                    .route(byName(policy -> policy.retry(1, Backoff.fixed(Duration.ofSeconds(2)))))
                    .build())) {
                Publication publication = mqtt.publish("in/missing", "x", 1);
                await().until(() -> bridge.health().route("byName").qos1().retries() == 1);
                kafka.createTopic("missing", 1);
                clock.advance(Duration.ofSeconds(2));

                kafka.awaitRecords("missing", 1);
                mqtt.awaitAcknowledged(publication);
            }
        }
    }

    @Test
    void lookupThatTakesLong_holdsItsRouteUpAndNoOther(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("slow", 1);
        kafka.faults().on(KafkaOperation.LOOK_UP).topic("slow").hang();
        kafka.createTopic("also-by-name", 1);
        Route second = Route.fromMqtt("second/{name}")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("{name}")
                .name("second")
                .build();
        bridges.start(bridge(mqtt, kafka)
                .route(byName(policy -> policy.deadLetter("dead")))
                .route(second)
                .route(other())
                .build());

        mqtt.publish("in/slow", "slow", 1);
        mqtt.publish("in/also-by-name", "behind", 1);
        mqtt.publish("other/x", "x", 1);
        mqtt.publish("second/also-by-name", "y", 1);

        kafka.awaitRecords("other", 1);
        assertThat(value(kafka.awaitRecords("also-by-name", 1).get(0))).isEqualTo("y");
        assertThat(kafka.records("slow")).isEmpty();
        kafka.faults().clear();
        kafka.awaitRecords("slow", 1);
        kafka.awaitRecords("also-by-name", 2);
    }

    @Test
    void forbiddenTopic_goesByThePolicy_andIsAskedAboutOnce(
            FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("forbidden", 1);
        kafka.faults().on(KafkaOperation.LOOK_UP).topic("forbidden").unauthorised();
        bridges.start(bridge(mqtt, kafka)
                .route(byName(policy -> policy.deadLetter("dead")))
                .build());

        for (int i = 0; i < 10; i++) {
            mqtt.publish("in/forbidden", "x" + i, 1);
        }

        kafka.awaitRecords("dead", 10);
        assertThat(kafka.faults().happened()).hasSize(1);
    }

    @Test
    void stateTopic_isNoTargetOfARoute(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        BridgeBuilder own = own(mqtt, kafka);
        assertThatThrownBy(() -> own.route(Route.fromMqtt("a/#")
                                .qos(QoS.AT_LEAST_ONCE)
                                .toKafka("own-state")
                                .name("r")
                                .build())
                        .build())
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("route 'r': toKafka: 'own-state' is where the bridge keeps its packet ids");
        assertThatThrownBy(() -> own(mqtt, kafka)
                        .route(byName(policy -> policy.deadLetter("own-state")))
                        .build())
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("onFailure.deadLetter: 'own-state'");
        assertThatThrownBy(() -> own(mqtt, kafka)
                        .route(Route.fromKafka("t")
                                .group("g")
                                .toMqtt("x")
                                .onFailure(policy -> policy.deadLetter("own-state"))
                                .build())
                        .build())
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("onFailure.deadLetter: 'own-state'");

        bridges.start(own(mqtt, kafka)
                .route(byName(policy -> policy.deadLetter("dead")))
                .build());
        mqtt.publish("in/own-state", "forged", 1);

        assertThat(value(kafka.awaitRecords("dead", 1).get(0))).isEqualTo("forged");
        assertThat(kafka.topics()).doesNotContain("own-state");
    }

    private static BridgeBuilder own(FakeMqttBroker mqtt, FakeKafka kafka) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()).transactions(t -> t.stateTopic("own-state")));
    }

    private static BridgeBuilder bridge(FakeMqttBroker mqtt, FakeKafka kafka) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri())
                        .clientId("edge-1")
                        // Its client pings by the machine's time, which a test's clock is not.
                        .keepAlive(Duration.ofHours(18)))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()));
    }

    private static String value(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), java.nio.charset.StandardCharsets.UTF_8);
    }
}
