package io.mqttkafka.bridge.tests.bridge;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two bridges of the same client id, exactly once. */
class TwoBridgesTest {
    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.builder().withoutAutoCreate().start();

    @AfterEach
    void close() {
        mqtt.close();
        kafka.close();
    }

    /** Say, a new version that is started before the old one is ended, with a mistake in its configuration. */
    @Test
    void secondBridge_whoseStartFails_leavesTheFirstAlone() {
        kafka.createTopic("t", 1);
        try (Bridge first = bridge("t", "").start()) {
            assertThatThrownBy(() -> bridge("missing", "").start())
                    .isInstanceOf(BridgeStartException.class)
                    .hasMessageContaining("missing");

            mqtt.publish("a/1", "x", 2);
            assertThat(kafka).topic("t").containsInOrder("x");
            assertThat(mqtt).allAcknowledged("edge-1");
            assertThat(first.state()).isEqualTo(BridgeState.RUNNING);
        }
    }

    /** They write under different identities, so each has a state of its own, though they share the topic for it. */
    @Test
    void bridgesOfTwoBrokers_withPrefixesOfTheirOwn_shareAStateTopic() {
        kafka.createTopic("t", 1);
        try (FakeMqttBroker elsewhere = FakeMqttBroker.start();
                Bridge here = bridge(mqtt, "t", "here-").start();
                Bridge there = bridge(elsewhere, "t", "there-").start()) {
            for (int i = 0; i < 3; i++) {
                mqtt.publish("a/1", "h" + i, 2);
                elsewhere.publish("a/1", "t" + i, 2);
                // each finds its own state, and no claim but its own, when it comes back
                mqtt.dropConnection("edge-1");
                elsewhere.dropConnection("edge-1");
                assertThat(mqtt).allAcknowledged("edge-1");
                assertThat(elsewhere).allAcknowledged("edge-1");
            }
            assertThat(kafka).topic("t").containsInOrder("h0", "h1", "h2");
            assertThat(kafka).topic("t").containsInOrder("t0", "t1", "t2");
            // the last drop may come after everything was acknowledged
            mqtt.awaitConnected("edge-1");
            elsewhere.awaitConnected("edge-1");
            await().until(() -> here.state() == BridgeState.RUNNING);
            await().until(() -> there.state() == BridgeState.RUNNING);
        }
    }

    private Bridge bridge(String topic, String prefix) {
        return bridge(mqtt, topic, prefix);
    }

    private Bridge bridge(FakeMqttBroker broker, String topic, String prefix) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(broker.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()).transactions(t -> t.idPrefix(prefix)))
                .route(Route.fromMqtt("a/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka(topic)
                        .build())
                .startTimeout(Duration.ofSeconds(5))
                .build();
    }
}
