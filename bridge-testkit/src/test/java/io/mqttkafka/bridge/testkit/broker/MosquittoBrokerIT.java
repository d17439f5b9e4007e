package io.mqttkafka.bridge.testkit.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.security.SSLSocketFactoryFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

@EnabledIf(
        value = "io.mqttkafka.bridge.testkit.broker.MosquittoBroker#available",
        disabledReason = "mosquitto is not installed")
class MosquittoBrokerIT {

    @Test
    void restart_runningBroker_keepsPortSessionAndQueuedMessages() {
        try (MqttBroker broker = MqttBroker.start()) {
            String uri = broker.serverUri();
            try (MqttTestClient subscriber = MqttTestClient.connect(uri, "persistent", false)) {
                assertThat(subscriber.sessionPresent()).isFalse();
                subscriber.subscribe("q/#", 1);
            }
            try (MqttTestClient publisher = MqttTestClient.connect(uri, "publisher", true)) {
                publisher.publish("q/1", "queued", 2);
            }

            broker.restart();

            assertThat(broker).isInstanceOf(MosquittoBroker.class);
            assertThat(broker.serverUri()).isEqualTo(uri);
            try (MqttTestClient subscriber = MqttTestClient.connect(uri, "persistent", false)) {
                assertThat(subscriber.sessionPresent()).isTrue();
                assertThat(subscriber.next()).isEqualTo("q/1 queued");
            }
        }
    }

    @Test
    void persistenceDirectory_secondBroker_findsTheSession(@TempDir Path data) {
        try (MosquittoBroker first =
                MosquittoBroker.builder().persistenceDirectory(data).start()) {
            MqttTestClient.connect(first.serverUri(), "persistent", false).close();
            first.stop();
        }
        assertThat(data.resolve("mosquitto.db")).exists();
        try (MosquittoBroker second =
                        MosquittoBroker.builder().persistenceDirectory(data).start();
                MqttTestClient client = MqttTestClient.connect(second.serverUri(), "persistent", false)) {
            assertThat(client.sessionPresent()).isTrue();
        }
    }

    @Test
    void maxInflightMessages_set_isTheReceiveMaximum() {
        try (MosquittoBroker broker =
                        MosquittoBroker.builder().maxInflightMessages(7).start();
                MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", true)) {
            assertThat(client.serverReceiveMaximum()).isEqualTo(7);
        }
    }

    @Test
    void user_rightAndWrongPassword_acceptedAndRefused() {
        try (MosquittoBroker broker =
                MosquittoBroker.builder().user("bridge", "secret").start()) {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setUserName("bridge");
            options.setPassword("secret".getBytes(UTF_8));
            try (MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", options)) {
                assertThat(client.isConnected()).isTrue();
            }

            options.setPassword("guess".getBytes(UTF_8));
            assertThatThrownBy(() -> MqttTestClient.connect(broker.serverUri(), "c", options))
                    .hasMessageContaining("Not authorized");
            assertThatThrownBy(() -> MqttTestClient.connect(broker.serverUri(), "c", true))
                    .hasMessageContaining("Not authorized");
        }
    }

    @Test
    void tls_trustedAndUntrustedCertificate_acceptedAndRefused(@TempDir Path folder) throws Exception {
        SelfSignedCertificate certificate = SelfSignedCertificate.create(folder);
        try (MosquittoBroker broker = MosquittoBroker.builder()
                .tls(certificate.certificate(), certificate.certificate(), certificate.key())
                .start()) {
            MqttConnectionOptions options = new MqttConnectionOptions();
            Properties tls = new Properties();
            tls.put(SSLSocketFactoryFactory.TRUSTSTORE, certificate.trustStore().toString());
            tls.put(SSLSocketFactoryFactory.TRUSTSTOREPWD, SelfSignedCertificate.PASSWORD);
            tls.put(SSLSocketFactoryFactory.TRUSTSTORETYPE, "PKCS12");
            options.setSSLProperties(tls);

            assertThat(broker.serverUri()).startsWith("ssl://");
            try (MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", options)) {
                assertThat(client.isConnected()).isTrue();
            }
            assertThatThrownBy(() -> MqttTestClient.connect(broker.serverUri(), "c", true))
                    .hasStackTraceContaining("unable to find valid certification path");
        }
    }

    @Test
    void pause_broker_answersNothingUntilResume() throws Exception {
        try (MosquittoBroker broker = MosquittoBroker.start();
                MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", true)) {
            broker.pause();
            CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> client.publish("t", "x", 1));
            assertThatThrownBy(() -> publishing.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

            broker.resume();

            publishing.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void configLine_unknown_failsWithTheOutput() {
        MosquittoBroker.Builder broken = MosquittoBroker.builder().configLine("no_such_option true");

        assertThatThrownBy(broken::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no_such_option");
    }
}
