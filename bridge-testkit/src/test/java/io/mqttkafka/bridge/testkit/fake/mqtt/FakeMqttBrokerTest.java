package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The broker on its socket, with Paho's MQTT 5 client. */
class FakeMqttBrokerTest {

    private FakeMqttBroker broker = FakeMqttBroker.start();

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void awaitAllAcknowledged_clientThatNobodyIs_fails() {
        assertThatThrownBy(() -> broker.awaitAllAcknowledged("typo", Duration.ofMillis(50)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no client of that id has connected");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void publish_betweenClients_arrivesWithItsProperties(int qos) throws Exception {
        try (PahoClient subscriber = connect("s", true, 0);
                PahoClient publisher = connect("p", true, 0)) {
            subscriber.subscribe("a/#", 2);
            MqttProperties properties = new MqttProperties();
            properties.setContentType("text/plain");
            properties.setResponseTopic("answers");
            properties.setCorrelationData(new byte[] {1, 2});
            properties.setUserProperties(List.of(new UserProperty("k", "1"), new UserProperty("k", "2")));

            publisher.publish("a/b", new MqttMessage("hello".getBytes(UTF_8), qos, false, properties));

            MqttMessage message = subscriber.next();
            assertThat(message.toString()).isEqualTo("hello");
            assertThat(message.getQos()).isEqualTo(qos);
            assertThat(message.getProperties().getContentType()).isEqualTo("text/plain");
            assertThat(message.getProperties().getResponseTopic()).isEqualTo("answers");
            assertThat(message.getProperties().getCorrelationData()).containsExactly(1, 2);
            assertThat(message.getProperties().getUserProperties())
                    .extracting(UserProperty::getValue)
                    .containsExactly("1", "2");
            broker.awaitAllAcknowledged("s");
            assertThat(broker.violations()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void publish_byTheTest_isAcknowledgedByTheClient(int qos) throws Exception {
        try (PahoClient subscriber = connect("s", true, 0)) {
            subscriber.subscribe("a", 2);

            Publication publication = broker.publish("a", "x", qos);

            broker.awaitAcknowledged(publication);
            assertThat(subscriber.nextPayload()).isEqualTo("x");
            assertThat(broker.unacknowledged("s")).isEmpty();
            assertThat(broker.acknowledged("s")).isEqualTo(1);
        }
    }

    @Test
    void awaitAcknowledged_nobodySubscribes_isNotAcknowledged() {
        assertThat(broker.publish("a", "x", 1).isAcknowledged()).isFalse();
    }

    @Test
    void session_queuedWhileAway_isDelivered() throws Exception {
        try (PahoClient first = connect("s", false, 3_600)) {
            first.subscribe("a", 1);
        }
        broker.awaitDisconnected("s");
        for (int i = 0; i < 100; i++) {
            broker.publish("a", String.valueOf(i), 1);
        }
        assertThat(broker.queued("s")).isEqualTo(100);

        try (PahoClient again = connect("s", false, 3_600)) {
            assertThat(again.sessionPresent()).isTrue();
            for (int i = 0; i < 100; i++) {
                assertThat(again.nextPayload()).isEqualTo(String.valueOf(i));
            }
            broker.awaitAllAcknowledged("s");
        }
    }

    @Test
    void restart_overAndOver_hasItsPortBack() {
        for (int i = 0; i < 200; i++) {
            broker.stop();
            assertThatCode(broker::restart).doesNotThrowAnyException();
        }
    }

    @Test
    void restart_tellsClientsAndKeepsPortSessionsAndRetained() throws Exception {
        int port = broker.port();
        broker.publishRetained("state", "on");
        try (PahoClient first = connect("s", false, 3_600)) {
            first.subscribe("state", 1);
            assertThat(first.nextPayload()).isEqualTo("on");

            broker.stop();

            assertThat(first.awaitDisconnected()).isEqualTo(0x8B);
            assertThat(broker.connectedClients()).isEmpty();
            assertThatThrownBy(() -> new Socket(broker.host(), port)).isInstanceOf(ConnectException.class);
        }
        broker.restart();

        assertThat(broker.port()).isEqualTo(port);
        assertThat(broker.retained()).containsOnlyKeys("state");
        try (PahoClient again = connect("s", false, 3_600)) {
            assertThat(again.sessionPresent()).isTrue();
            assertThat(broker.subscriptions("s")).hasSize(1);
        }
    }

    @Test
    void disconnect_tellsTheClientWhy() throws Exception {
        try (PahoClient client = connect("s", false, 3_600)) {
            broker.disconnect("s", 0x97);

            assertThat(client.awaitDisconnected()).isEqualTo(0x97);
            assertThat(broker.connectedClients()).isEmpty();
            assertThat(broker.sessions()).containsExactly("s");
            assertThatThrownBy(() -> broker.dropConnection("s"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'s' is not connected");
        }
    }

    @Test
    void loseSession_clientIsCutOffAndStartsAnew() throws Exception {
        try (PahoClient client = connect("s", false, 3_600)) {
            client.subscribe("a", 1);
            broker.loseSession("s");

            client.awaitDisconnected();
        }
        try (PahoClient again = connect("s", false, 3_600)) {
            assertThat(again.sessionPresent()).isFalse();
            broker.dropConnection("s");
            again.awaitDisconnected();
            assertThat(broker.sessions()).containsExactly("s");
        }
    }

    @Test
    void session_expiresByTheMachinesClock() throws Exception {
        try (PahoClient client = connect("s", false, 1)) {
            assertThat(broker.sessions()).containsExactly("s");
        }

        await().until(() -> broker.sessions().isEmpty());
    }

    @Test
    void publish_fromTwoThreads_keepsTheOrderOfEach() throws Exception {
        try (PahoClient subscriber = connect("s", true, 0);
                PahoClient publisher = connect("p", true, 0)) {
            subscriber.subscribe("#", 1);
            Thread test = new Thread(() -> {
                for (int i = 0; i < 500; i++) {
                    broker.publish("t", "t" + i, 1);
                }
            });
            test.start();
            for (int i = 0; i < 100; i++) {
                publisher.publish("p", "p" + i, 1);
            }
            test.join();
            broker.awaitAllAcknowledged("s");

            List<String> payloads = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                payloads.add(subscriber.nextPayload());
            }
            assertThat(payloads).containsSubsequence(numbered("t", 500)).containsSubsequence(numbered("p", 100));
        }
    }

    @Test
    void packets_areLoggedInOrder() throws Exception {
        try (PahoClient client = connect("s", true, 0)) {
            client.subscribe("a", 1);
            broker.awaitAcknowledged(broker.publish("a", "secret", 1));
        }

        assertThat(broker.packets())
                .extracting(logged -> logged.packet().type())
                .startsWith(
                        MqttPacketType.CONNECT,
                        MqttPacketType.CONNACK,
                        MqttPacketType.SUBSCRIBE,
                        MqttPacketType.SUBACK,
                        MqttPacketType.PUBLISH,
                        MqttPacketType.PUBACK);
        assertThat(broker.packetLog()).contains("#1 s -> PUBLISH a qos=1 id=1").doesNotContain("secret");
    }

    @Test
    void user_wrongPassword_isRefused() throws Exception {
        restart(FakeMqttBroker.builder().user("u", "right"));
        MqttConnectionOptions options = PahoClient.options(true, 0);
        options.setUserName("u");
        options.setPassword("wrong".getBytes(UTF_8));
        try (PahoClient client = new PahoClient(broker.serverUri(), "c")) {
            assertThatThrownBy(() -> client.connect(options))
                    .isInstanceOfSatisfying(MqttException.class, e -> assertThat(e.getReasonCode())
                            .isEqualTo(0x86));
            options.setPassword("right".getBytes(UTF_8));
            client.connect(options);
            assertThat(broker.connectedClients()).containsExactly("c");
        }
    }

    @Test
    void tls_clientThatTrustsTheCertificate_connects(@TempDir Path folder) throws Exception {
        SelfSignedCertificate certificate = SelfSignedCertificate.create(folder);
        restart(FakeMqttBroker.builder().tls(certificate));
        MqttConnectionOptions options = PahoClient.options(true, 0);
        java.util.Properties ssl = new java.util.Properties();
        ssl.setProperty("com.ibm.ssl.trustStore", certificate.trustStore().toString());
        ssl.setProperty("com.ibm.ssl.trustStorePassword", SelfSignedCertificate.PASSWORD);
        ssl.setProperty("com.ibm.ssl.trustStoreType", "PKCS12");
        options.setSSLProperties(ssl);
        try (PahoClient client = new PahoClient(broker.serverUri(), "c").connect(options)) {
            client.subscribe("a", 1);
            broker.publish("a", "x", 1);

            assertThat(client.nextPayload()).isEqualTo("x");
        }
    }

    private static List<String> numbered(String name, int count) {
        return IntStream.range(0, count).mapToObj(i -> name + i).toList();
    }

    private void restart(FakeMqttBroker.Builder builder) {
        broker.close();
        broker = builder.start();
    }

    private PahoClient connect(String id, boolean cleanStart, long sessionExpiry) throws MqttException {
        return new PahoClient(broker.serverUri(), id).connect(PahoClient.options(cleanStart, sessionExpiry));
    }
}
