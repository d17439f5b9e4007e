package io.mqttkafka.bridge.tests.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start says when TLS does not come about: which option to look at. */
class TlsHandshakeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path ours;

    @TempDir
    static Path others;

    private static SelfSignedCertificate certificate;
    private static SelfSignedCertificate another;

    private final FakeKafka kafka = FakeKafka.start();

    @BeforeAll
    static void certificates() {
        certificate = SelfSignedCertificate.create(ours);
        another = SelfSignedCertificate.create(others, "dns:example.org");
    }

    @BeforeEach
    void topic() {
        kafka.createTopic("commands", 1);
    }

    @AfterEach
    void close() {
        kafka.close();
    }

    private Bridge bridge(int port, UnaryOperator<TlsOptions.Builder> tls) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri("ssl://127.0.0.1:" + port)
                        .clientId("edge-1")
                        .reconnect(Backoff.exponential(Duration.ofMillis(5), Duration.ofMillis(100)))
                        .tls(tls::apply))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}")
                        .qos(QoS.AT_LEAST_ONCE)
                        .build())
                .build();
    }

    private String refusal(int port, UnaryOperator<TlsOptions.Builder> tls) {
        try (Bridge bridge = bridge(port, tls)) {
            Throwable failure = catchThrowable(bridge::start);
            assertThat(failure).isInstanceOf(BridgeStartException.class);
            return String.valueOf(failure.getMessage());
        }
    }

    private static TlsOptions.Builder trusting(TlsOptions.Builder tls) {
        return tls.trustStore(certificate.trustStore(), SelfSignedCertificate.PASSWORD);
    }

    @Test
    void certificateOfTheBroker_notTrusted_namesTheTrustStore() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start()) {
            assertThat(refusal(broker.port(), tls -> tls))
                    .startsWith("mqtt.tls.trustStore: ")
                    .contains("is not trusted");
        }
    }

    @Test
    void certificateOfTheBroker_forAnotherHost_namesTheUri() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(another).start()) {
            assertThat(refusal(
                            broker.port(), tls -> tls.trustStore(another.trustStore(), SelfSignedCertificate.PASSWORD)))
                    .startsWith("mqtt.serverUri: ")
                    .contains("is for another host");
        }
    }

    /** Its address is one of the names that the certificate holds. */
    @Test
    void certificateOfTheBroker_forItsAddress_connects() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start();
                Bridge bridge = bridge(broker.port(), TlsHandshakeTest::trusting)) {
            bridge.start();

            assertThat(bridge.state()).isEqualTo(BridgeState.RUNNING);
        }
    }

    /** Stores are read at each attempt: rotation needs no restart, and a certificate that nobody trusts lets nobody in meanwhile. */
    @Test
    void certificateOfTheBroker_replaced_connectsAgainOnceTheTrustStoreIs(@TempDir Path folder) throws IOException {
        Path trust = Files.copy(certificate.trustStore(), folder.resolve("trust.p12"));
        SelfSignedCertificate renewed = SelfSignedCertificate.create(Files.createDirectory(folder.resolve("renewed")));
        try (FakeMqttBroker before = FakeMqttBroker.builder().tls(certificate).start();
                FakeMqttBroker after = FakeMqttBroker.builder().tls(renewed).start();
                FaultProxy proxy = FaultProxy.to(before);
                Bridge bridge = bridge(proxy.port(), tls -> tls.trustStore(trust, SelfSignedCertificate.PASSWORD))) {
            bridge.start();
            proxy.target(after.host(), after.port());
            proxy.cutAll();

            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            bridge.health().connections().get(0).lastError())
                    .extracting(LastError::cause, InstanceOfAssertFactories.STRING)
                    .startsWith("mqtt.tls.trustStore: ")
                    .contains("is not trusted"));
            assertThat(bridge.state()).isEqualTo(BridgeState.DEGRADED);
            assertThat(after.connectedClients()).isEmpty();

            Files.copy(renewed.trustStore(), trust, StandardCopyOption.REPLACE_EXISTING);

            await().atMost(PATIENCE).until(() -> !after.connectedClients().isEmpty());
            await().atMost(PATIENCE).until(() -> bridge.state() == BridgeState.RUNNING);
        }
    }

    /** A certificate that was good until two days ago, signed by an authority that is trusted. */
    @Test
    void certificateOfTheBroker_expired_isRefused(@TempDir Path folder) throws Exception {
        Path authority = folder.resolve("authority.p12");
        SelfSignedCertificate expired = SelfSignedCertificate.create(Files.createDirectory(folder.resolve("broker")));
        Path request = folder.resolve("request");
        Path signed = folder.resolve("signed");
        keytool(
                "-genkeypair",
                "-alias",
                "ca",
                "-keyalg",
                "EC",
                "-dname",
                "CN=ca",
                "-ext",
                "bc:c",
                "-keystore",
                authority);
        keytool("-certreq", "-alias", "certificate", "-keystore", expired.keyStore(), "-file", request);
        keytool(
                "-gencert",
                "-alias",
                "ca",
                "-keystore",
                authority,
                "-infile",
                request,
                "-outfile",
                signed,
                "-startdate",
                "-3d",
                "-validity",
                "1",
                "-ext",
                "SAN=ip:127.0.0.1");
        char[] password = SelfSignedCertificate.PASSWORD.toCharArray();
        KeyStore keys = KeyStore.getInstance(expired.keyStore().toFile(), password);
        Certificate trusted = KeyStore.getInstance(authority.toFile(), password).getCertificate("ca");
        try (InputStream in = Files.newInputStream(signed)) {
            Certificate old = CertificateFactory.getInstance("X.509").generateCertificate(in);
            Key key = keys.getKey("certificate", password);
            keys.setKeyEntry("certificate", key, password, new Certificate[] {old, trusted});
        }
        try (OutputStream out = Files.newOutputStream(expired.keyStore())) {
            keys.store(out, password);
        }
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(expired).start()) {
            assertThat(refusal(broker.port(), tls -> tls.trustStore(authority, SelfSignedCertificate.PASSWORD)))
                    .startsWith("mqtt.serverUri: ")
                    .contains("has expired (NotAfter");
            assertThat(broker.connectedClients()).isEmpty();
        }
    }

    private static void keytool(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-storetype",
                "PKCS12",
                "-storepass",
                SelfSignedCertificate.PASSWORD));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
    }

    @Test
    void broker_speaksNoTls_isTold() {
        try (FakeMqttBroker broker = FakeMqttBroker.start()) {
            assertThat(refusal(broker.port(), TlsHandshakeTest::trusting))
                    .startsWith("mqtt.serverUri: ")
                    .contains("check that this port speaks TLS");
        }
    }

    @Test
    void certificateOfTheClient_missing_namesTheKeyStore() throws Exception {
        try (AskingBroker broker = new AskingBroker()) {
            assertThat(refusal(broker.port(), TlsHandshakeTest::trusting))
                    .startsWith("mqtt.serverUri: ")
                    .contains("mqtt.tls.keyStore");
            // The first attempt has found it out: the alert is read even if CONNECT could not be written.
            assertThat(broker.accepted).hasValue(1);
        }
    }

    @Test
    void certificateOfTheClient_given_connects() throws Exception {
        try (AskingBroker broker = new AskingBroker();
                Bridge bridge = bridge(broker.port(), tls -> trusting(tls)
                        .keyStore(certificate.keyStore(), SelfSignedCertificate.PASSWORD))) {
            bridge.start();

            assertThat(bridge.state()).isEqualTo(BridgeState.RUNNING);
        }
    }

    /** Asks clients for a certificate, and accepts every connection of those that have it. */
    private static final class AskingBroker implements AutoCloseable {
        private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

        private final AtomicInteger accepted = new AtomicInteger();
        private final SSLServerSocket listener;
        private final Thread thread = new Thread(this::run, "asking-broker");

        AskingBroker() throws IOException, GeneralSecurityException {
            listener = (SSLServerSocket)
                    context().getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
            listener.setNeedClientAuth(true);
            thread.setDaemon(true);
            thread.start();
        }

        int port() {
            return listener.getLocalPort();
        }

        private static SSLContext context() throws IOException, GeneralSecurityException {
            char[] password = SelfSignedCertificate.PASSWORD.toCharArray();
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store(certificate.keyStore(), password), password);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store(certificate.trustStore(), password));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        }

        private static KeyStore store(Path file, char[] password) throws IOException, GeneralSecurityException {
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = new FileInputStream(file.toFile())) {
                store.load(in, password);
            }
            return store;
        }

        private void run() {
            while (!listener.isClosed()) {
                try (Socket client = listener.accept()) {
                    accepted.incrementAndGet();
                    InputStream in = client.getInputStream();
                    if (in.read() >= 0) {
                        client.getOutputStream().write(CONNACK);
                        in.transferTo(OutputStream.nullOutputStream());
                    }
                } catch (IOException e) {
                    // A client without a certificate, one that has left, or the end.
                }
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
