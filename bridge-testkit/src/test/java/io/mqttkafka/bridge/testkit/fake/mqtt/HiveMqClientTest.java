package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The broker with the HiveMQ client, which checks what it is sent strictly, in both versions of MQTT. */
class HiveMqClientTest {

    private static final long SECONDS = 10;

    private FakeMqttBroker broker = FakeMqttBroker.start();

    @AfterEach
    void close() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void version5_publish_arrives(int qos) throws Exception {
        Mqtt5BlockingClient client = version5("c");
        try (Mqtt5BlockingClient.Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.connectWith()
                    .restrictions()
                    .topicAliasMaximum(5)
                    // the client itself drops QoS 0 messages beyond this
                    .receiveMaximum(qos == 0 ? 100 : 3)
                    .applyRestrictions()
                    .send();
            client.subscribeWith().topicFilter("a/#").qos(MqttQos.EXACTLY_ONCE).send();
            for (int i = 0; i < 20; i++) {
                client.publishWith()
                        .topic("a/b")
                        .qos(MqttQos.fromCode(qos))
                        .payload(String.valueOf(i).getBytes(UTF_8))
                        .userProperties()
                        .add("k", "v")
                        .applyUserProperties()
                        .send();
            }
            for (int i = 0; i < 20; i++) {
                Mqtt5Publish publish =
                        publishes.receive(SECONDS, TimeUnit.SECONDS).orElseThrow();
                assertThat(new String(publish.getPayloadAsBytes(), UTF_8)).isEqualTo(String.valueOf(i));
                assertThat(publish.getQos().getCode()).isEqualTo(qos);
                assertThat(publish.getUserProperties().asList()).hasSize(1);
            }
            broker.awaitAllAcknowledged("c");
            assertThat(broker.violations()).isEmpty();
        } finally {
            client.disconnect();
        }
    }

    @Test
    void version5_sharedSubscription_getsMessages() throws Exception {
        Mqtt5BlockingClient client = version5("c");
        try (Mqtt5BlockingClient.Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.connect();
            client.subscribeWith()
                    .topicFilter("$share/g/a/+")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();

            broker.awaitAcknowledged(broker.publish("a/b", "x", 1));

            assertThat(publishes.receive(SECONDS, TimeUnit.SECONDS)).isPresent();
        } finally {
            client.disconnect();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void version3_publish_arrives(int qos) throws Exception {
        Mqtt3BlockingClient client = version3("c");
        try (Mqtt3BlockingClient.Mqtt3Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.connect();
            client.subscribeWith().topicFilter("a/#").qos(MqttQos.EXACTLY_ONCE).send();

            client.publishWith()
                    .topic("a/b")
                    .qos(MqttQos.fromCode(qos))
                    .payload("x".getBytes(UTF_8))
                    .retain(true)
                    .send();

            Mqtt3Publish publish = publishes.receive(SECONDS, TimeUnit.SECONDS).orElseThrow();
            assertThat(publish.getTopic()).hasToString("a/b");
            assertThat(publish.getQos().getCode()).isEqualTo(qos);
            client.unsubscribeWith().topicFilter("a/#").send();
            broker.awaitAllAcknowledged("c");
            assertThat(broker.retained()).containsOnlyKeys("a/b");
            assertThat(broker.violations()).isEmpty();
        } finally {
            client.disconnect();
        }
    }

    @Test
    void version3_sessionOverTwoConnections_isKept() throws Exception {
        Mqtt3BlockingClient client = version3("c");
        client.connectWith().cleanSession(false).send();
        client.subscribeWith().topicFilter("a").qos(MqttQos.AT_LEAST_ONCE).send();
        client.disconnect();
        broker.awaitDisconnected("c");
        broker.publish("a", "x", 1);

        try (Mqtt3BlockingClient.Mqtt3Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(client.connectWith().cleanSession(false).send().isSessionPresent())
                    .isTrue();
            assertThat(publishes.receive(SECONDS, TimeUnit.SECONDS)).isPresent();
        } finally {
            client.disconnect();
        }
    }

    @Test
    void version3_wrongPassword_isRefused() {
        broker.close();
        broker = FakeMqttBroker.builder().user("u", "right").start();
        Mqtt3BlockingClient client = version3("c");

        assertThatThrownBy(() -> client.connectWith()
                        .simpleAuth()
                        .username("u")
                        .password("wrong".getBytes(UTF_8))
                        .applySimpleAuth()
                        .send())
                .isInstanceOf(Mqtt3ConnAckException.class)
                .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");
    }

    private Mqtt5BlockingClient version5(String id) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost(broker.host())
                .serverPort(broker.port())
                .buildBlocking();
    }

    private Mqtt3BlockingClient version3(String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost(broker.host())
                .serverPort(broker.port())
                .buildBlocking();
    }
}
