package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A start that fails names the side that is to blame, the option and the mend. */
class StartDiagnosisTest {
    private static final String STATE_TOPIC = "__mqtt_bridge_state";

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @BeforeEach
    void topic() {
        kafka.createTopic("t", 1);
    }

    @AfterEach
    void close() {
        mqtt.close();
        kafka.close();
    }

    private BridgeBuilder bridge() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .route(Route.fromMqtt("a/#").qos(QoS.EXACTLY_ONCE).toKafka("t").build());
    }

    private static String refusal(BridgeBuilder builder) {
        try (Bridge bridge = builder.build()) {
            Throwable failure = catchThrowable(bridge::start);
            assertThat(failure).isInstanceOf(BridgeStartException.class);
            return String.valueOf(failure.getMessage());
        }
    }

    @Test
    void kafkaDoesNotCommit_isNotBlamedOnTheMqttBroker() {
        kafka.faults().on(KafkaOperation.COMMIT_TRANSACTION).hang();

        assertThat(refusal(bridge().kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                        .startTimeout(Duration.ofSeconds(6))
                        .drainTimeout(Duration.ZERO)))
                .startsWith("kafka.transactions: ")
                .contains("'" + STATE_TOPIC + "'", "startTimeout");
    }

    @Test
    void stateTopicMayNotBeWritten_failsAtOnceAndNamesTheRight() {
        kafka.faults().on(KafkaOperation.SEND).topic(STATE_TOPIC).unauthorised();

        assertThat(refusal(bridge().kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))))
                .startsWith("kafka.transactions.stateTopic: ")
                .contains("'" + STATE_TOPIC + "'", "WRITE");
    }

    @Test
    void saslWithoutJaas_namesTheProperties() {
        assertThat(refusal(bridge().kafka(
                                k -> k.bootstrapServers("127.0.0.1:1").client("security.protocol", "SASL_PLAINTEXT"))))
                .startsWith("kafka.client: ")
                .contains("sasl.jaas.config");
    }
}
