package io.mqttkafka.bridge.core.mqtt.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS: the names that certificates are for, trust and keys from files, and what is said when it does not come about. */
class TlsTest {
    @TempDir
    static Path folder;

    private static Certificates certificates;
    private static Path ca;

    @BeforeAll
    static void certificates() {
        certificates = new Certificates(folder);
        ca = Certificates.write(
                folder.resolve("ca.pem"), "CERTIFICATE", Certificates.encoded(certificates.certificate("ca")));
    }

    private static MqttOptions options(String uri, UnaryOperator<TlsOptions.Builder> tls) {
        return MqttOptions.builder()
                .serverUri(uri)
                .maximumPacketSize(10_000)
                .maxInFlightBytes(10_000)
                .connectTimeout(Duration.ofSeconds(60))
                .tls(tls::apply)
                .build();
    }

    private static MqttConnectException failure(String uri, UnaryOperator<TlsOptions.Builder> tls) {
        return catchThrowableOfType(
                MqttConnectException.class, () -> new SocketTransport().connect(options(uri, tls), "c", new Quiet()));
    }

    /** Shakes hands under a name that no name server knows. */
    private static void shakeHands(TinyBroker broker, String uri) throws Exception {
        SSLContext context =
                TlsContexts.create(TlsOptions.builder().caCertificates(ca).build());
        // Closed last: TLS alone would wait for the other end to take its leave.
        try (Socket plain = new Socket("127.0.0.1", broker.port());
                SSLSocket socket = TlsSocket.over(plain, ServerAddress.parse(uri), context, List.of(), made -> {})) {
            socket.getOutputStream().write(0x10);
            socket.getInputStream().read();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ssl://abs.test.:8883, abs.test",
        "mqtts://a.example.com, a.example.com",
        "ssl://a.example.com., a.example.com",
        "ssl://localhost, localhost",
    })
    void name_inTheCertificate_isTakenAndSentAsSni(String uri, String sni) throws Exception {
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("server"), false)) {
            shakeHands(broker, uri);

            await().until(() -> !broker.serverNames.isEmpty());
            assertThat(broker.serverNames).containsExactly(sni);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ssl://mqtt_broker.example.com", "ssl://127.0.0.1", "ssl://[::1]", "ssl://[0:0:0:0:0:0:0:1%lo]"})
    void nameThatSniCannotHold_isTakenWithoutIt(String uri) throws Exception {
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("server"), false)) {
            shakeHands(broker, uri);

            await().until(() -> !broker.connects.isEmpty());
            assertThat(broker.serverNames).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ssl://other.test",
                "ssl://a.b.example.com",
                "ssl://mqtt_broker",
                "ssl://mqtt_broker.other.com",
                "ssl://a.mqtt_broker.example.com",
                "ssl://[::2]",
                "ssl://127.0.0.2"
            })
    void name_notInTheCertificate_isRefused(String uri) throws Exception {
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("server"), false)) {
            assertThatExceptionOfType(SSLException.class)
                    .isThrownBy(() -> shakeHands(broker, uri))
                    .satisfies(e -> assertThat(ConnectFailures.failed(ServerAddress.parse(uri), e))
                            .hasMessageContaining("is for another host"));
        }
    }

    @Test
    void addressOfIpv6_connects() throws Exception {
        TinyBroker six;
        try {
            six = new TinyBroker("::1", certificates.server("server"), false);
        } catch (IOException e) {
            assumeTrue(false, "this machine has no IPv6");
            return;
        }
        try (six) {
            MqttConnection connection = new SocketTransport()
                    .connect(options("ssl://[::1]:" + six.port(), t -> t.caCertificates(ca)), "c", new Quiet());
            connection.drop();
            assertThat(connection.awaitReleased(Duration.ofSeconds(60))).isTrue();
        }
    }

    @Test
    void alpn_asked_isOffered() throws Exception {
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("server"), false)) {
            MqttConnection connection = new SocketTransport()
                    .connect(
                            options("ssl://127.0.0.1:" + broker.port(), t -> t.caCertificates(ca)
                                    .alpn("x-amzn-mqtt-ca", "mqtt")),
                            "c",
                            new Quiet());
            connection.drop();

            assertThat(broker.protocols).containsExactly("x-amzn-mqtt-ca", "mqtt");
        }
    }

    @Test
    void certificateOfTheClient_inPem_isShown() throws Exception {
        Path chain = Certificates.write(
                folder.resolve("client.pem"),
                "CERTIFICATE",
                Certificates.encoded(certificates.certificate("client")),
                Certificates.encoded(certificates.certificate("ca")));
        Path key = Certificates.write(
                folder.resolve("client.key"),
                "PRIVATE KEY",
                certificates.key("client").getEncoded());
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("server"), true)) {
            MqttConnection connection = new SocketTransport()
                    .connect(
                            options(
                                    "ssl://127.0.0.1:" + broker.port(),
                                    t -> t.caCertificates(ca).certificate(chain).privateKey(key)),
                            "c",
                            new Quiet());
            connection.drop();

            assertThat(broker.clients).containsExactly("CN=client");
        }
    }

    @Test
    void keyOfAnotherCertificate_isRefusedNamingBoth() {
        Path certificate = Certificates.write(
                folder.resolve("one.pem"), "CERTIFICATE", Certificates.encoded(certificates.certificate("client")));
        Path key = Certificates.write(
                folder.resolve("two.key"),
                "PRIVATE KEY",
                certificates.key("server").getEncoded());

        assertThat(failure("ssl://127.0.0.1:1", t -> t.certificate(certificate).privateKey(key)))
                .hasMessageStartingWith(
                        "mqtt.tls.privateKey: '" + key + "' is not the key of the first certificate in '");
    }

    @Test
    void expiredCertificate_isToldAsSuch() throws Exception {
        try (TinyBroker broker = new TinyBroker("127.0.0.1", certificates.server("expired"), false)) {
            assertThat(failure("ssl://127.0.0.1:" + broker.port(), t -> t.caCertificates(ca)))
                    .hasMessageStartingWith("mqtt.serverUri: the certificate of ssl://127.0.0.1:")
                    .hasMessageContainingAll("has expired", "renew it there")
                    .satisfies(e -> assertThat(e.passing()).isFalse());
        }
    }

    @Test
    void trustStore_empty_isNamed() throws Exception {
        KeyStore empty = KeyStore.getInstance("PKCS12");
        empty.load(null, null);
        Path file = folder.resolve("empty.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            empty.store(out, "changeit".toCharArray());
        }

        assertThat(failure("ssl://127.0.0.1:1", t -> t.trustStore(file, "changeit")))
                .hasMessageStartingWith("mqtt.tls.trustStore: '" + file + "' has no certificate to trust")
                .hasMessageContaining("give a store with the authority");
    }

    @Test
    void trustStore_withoutItsPassword_isNamed() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", certificates.certificate("ca"));
        Path file = folder.resolve("trust.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "changeit".toCharArray());
        }

        assertThat(failure("ssl://127.0.0.1:1", t -> t.trustStore(file, null)))
                .hasMessageStartingWith("mqtt.tls.trustStore: '" + file + "' has no certificate to trust")
                .hasMessageContaining("give its password");
    }

    @Test
    void caCertificates_notPem_isNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("no.pem"), "nothing");

        assertThat(failure("ssl://127.0.0.1:1", t -> t.caCertificates(file)))
                .hasMessageStartingWith(
                        "mqtt.tls.caCertificates: '" + file + "' cannot be read (it holds no -----BEGIN");
    }

    /** Of a broker that speaks no TLS, and of one that speaks nothing else. */
    @Test
    void otherEnd_speaksOtherThanAsked_isTold() throws Exception {
        try (TinyBroker plain = TinyBroker.plain();
                TinyBroker secure = new TinyBroker("127.0.0.1", certificates.server("server"), false)) {
            assertThat(failure("ssl://127.0.0.1:" + plain.port(), t -> t.caCertificates(ca)))
                    .hasMessageContainingAll("no TLS with", "tcp://");
            MqttOptions options = MqttOptions.builder()
                    .serverUri("tcp://127.0.0.1:" + secure.port())
                    .maximumPacketSize(10_000)
                    .build();
            assertThat(catchThrowableOfType(
                            MqttConnectException.class, () -> new SocketTransport().connect(options, "c", new Quiet())))
                    .hasMessageStartingWith("mqtt.serverUri: ")
                    .hasMessageContaining("ssl://");
        }
    }
}
