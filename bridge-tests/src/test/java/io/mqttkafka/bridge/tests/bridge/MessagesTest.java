package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What went wrong is told with its cause, the option and the mend; each of these once sent its reader the wrong way. */
class MessagesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String SECRET = "canary-5f1d";

    @TempDir
    static Path folder;

    private static SelfSignedCertificate certificate;

    private final FakeKafka kafka = FakeKafka.start();

    @BeforeAll
    static void certificates() throws IOException {
        certificate = SelfSignedCertificate.create(Files.createDirectory(folder.resolve("certificate")));
    }

    @AfterEach
    void close() {
        kafka.close();
    }

    private BridgeBuilder builder(Consumer<MqttOptions.Builder> mqtt) {
        return Bridge.builder()
                .mqtt(m -> {
                    m.clientId("edge-1");
                    mqtt.accept(m);
                })
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .startTimeout(Duration.ofSeconds(2))
                .drainTimeout(Duration.ZERO);
    }

    private String refusal(Consumer<MqttOptions.Builder> mqtt) {
        Route route = Route.fromMqtt("a/#").qos(QoS.AT_LEAST_ONCE).toKafka("t").build();
        try (Bridge bridge = builder(mqtt).route(route).build()) {
            Throwable failure = catchThrowable(bridge::start);
            assertThat(failure).isInstanceOf(BridgeStartException.class);
            return String.valueOf(failure.getMessage());
        }
    }

    private static Path store(String name, KeyStore store, String password) throws Exception {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        return file;
    }

    /** A server that treats each connection the same way. */
    private static ServerSocket server(Treatment treatment) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    treatment.treat(socket);
                } catch (IOException e) {
                    // The client hung up first, or the test is over.
                    Thread.onSpinWait();
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    private interface Treatment {
        void treat(Socket socket) throws IOException;
    }

    private static void readSome(Socket socket) throws IOException {
        assertThat(socket.getInputStream().read(new byte[4096])).isPositive();
    }

    @Test
    void trustStore_empty_isNamed() throws Exception {
        KeyStore empty = KeyStore.getInstance("PKCS12");
        empty.load(null, null);
        Path file = store("empty.p12", empty, SECRET);
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start()) {
            assertThat(refusal(m -> m.serverUri(broker.serverUri()).tls(tls -> tls.trustStore(file, SECRET))))
                    .startsWith("mqtt.tls.trustStore: '" + file + "' has no certificate to trust; give a store")
                    .doesNotContain(SECRET, "trustAnchors");
        }
    }

    /** Java opens such a store without complaint, and finds nothing in it. */
    @Test
    void trustStore_passwordLeftOut_isNamed() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start()) {
            assertThat(refusal(m ->
                            m.serverUri(broker.serverUri()).tls(tls -> tls.trustStore(certificate.trustStore(), null))))
                    .startsWith("mqtt.tls.trustStore: ")
                    .contains("without a password; give its password");
        }
    }

    /** It would show no certificate, in silence. */
    @Test
    void keyStore_withoutAKey_isNamed() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start()) {
            assertThat(refusal(m -> m.serverUri(broker.serverUri())
                            .tls(tls -> tls.trustStore(certificate.trustStore(), SelfSignedCertificate.PASSWORD)
                                    .keyStore(certificate.trustStore(), SelfSignedCertificate.PASSWORD))))
                    .startsWith("mqtt.tls.keyStore: ")
                    .contains("has no private key; give a store");
        }
    }

    @Test
    void brokerOfMqtt3_closesAtConnect_namesTheVersion() throws IOException {
        try (ServerSocket server = server(MessagesTest::readSome)) {
            assertThat(refusal(m -> m.serverUri("tcp://127.0.0.1:" + server.getLocalPort())))
                    .startsWith("mqtt.serverUri: the MQTT broker tcp://127.0.0.1:" + server.getLocalPort()
                            + " closed the connection instead of answering CONNECT")
                    .contains("MQTT 3.1.1", "mqtt.version(V3_1_1) or version(AUTO)", "ssl://")
                    .doesNotContain("check host and port");
        }
    }

    @Test
    void brokerOfMqtt3_connack_namesTheVersion() {
        for (byte[] connack : new byte[][] {{0x20, 2, 0, 1}, {0x20, 3, 0, 1, 0}}) {
            try (ScriptedMqttBroker broker = ScriptedMqttBroker.start()) {
                CompletableFuture<Void> script = CompletableFuture.runAsync(() -> {
                    ScriptedConnection connection = broker.accept();
                    connection.expectConnect();
                    connection.sendRaw(connack);
                });

                assertThat(refusal(m -> m.serverUri(broker.serverUri())))
                        .startsWith("mqtt.serverUri: the MQTT broker ")
                        .contains("set mqtt.version(V3_1_1) or version(AUTO)");
                script.join();
            }
        }
    }

    @Test
    void plainToATlsPort_namesTheScheme() {
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start()) {
            assertThat(refusal(m -> m.serverUri("tcp://127.0.0.1:" + broker.port())))
                    .startsWith("mqtt.serverUri: ")
                    .contains("without TLS (with TLS it is ssl://)")
                    .doesNotContain("check host and port");
        }
    }

    /** What a TLS port sends to who does not speak TLS. */
    @Test
    void plainToATlsPort_thatSendsAnAlert_namesTheScheme() throws IOException {
        try (ServerSocket server = server(socket -> {
            readSome(socket);
            socket.getOutputStream().write(new byte[] {0x15, 3, 3, 0, 2, 2, 40});
        })) {
            assertThat(refusal(m -> m.serverUri("tcp://127.0.0.1:" + server.getLocalPort())))
                    .startsWith("mqtt.serverUri: ")
                    .contains("without TLS (with TLS it is ssl://)");
        }
    }

    @Test
    void tlsToAPlainPort_namesTheScheme() throws IOException {
        try (ServerSocket closing = server(MessagesTest::readSome);
                ServerSocket answering = server(socket -> {
                    readSome(socket);
                    socket.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                })) {
            assertThat(refusal(m -> m.serverUri("ssl://127.0.0.1:" + closing.getLocalPort())))
                    .startsWith("mqtt.serverUri: no TLS with ssl://127.0.0.1")
                    .contains("one that does not (tcp://) hangs up so", "mqtt.tls.keyStore");
            assertThat(refusal(m -> m.serverUri("ssl://127.0.0.1:" + answering.getLocalPort())))
                    .startsWith("mqtt.serverUri: no TLS with ssl://127.0.0.1")
                    .contains("does not speak TLS; use tcp://")
                    .doesNotContain("keyStore");
        }
    }

    private static Throwable waitFor(Bridge bridge) {
        return catchThrowable(() -> bridge.awaitClosed(PATIENCE));
    }

    /** Nobody has ever set the client id that another one uses. */
    @Test
    void secondBridge_sameClientId_routesFromKafka_namesTheOption() {
        kafka.createTopic("commands", 1);
        Route route = Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .qos(QoS.AT_LEAST_ONCE)
                .build();
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                Bridge first = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start();
                Bridge second = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start()) {
            assertThat(waitFor(first))
                    .isInstanceOf(BridgeFailedException.class)
                    .hasMessageContaining(
                            "mqtt.clientId: another client, perhaps a second bridge, connected as 'edge-1-out',"
                                    + " which is the bridge's with '-out'")
                    .hasMessageContaining("give each client an id of its own");
            assertThat(second.health().healthy()).isTrue();
        }
    }

    @Test
    void secondBridge_sameClientIdOfARoute_namesTheRoute() {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .clientId("own")
                .toKafka("t")
                .name("in")
                .build();
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                Bridge first = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start();
                Bridge second = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start()) {
            assertThat(waitFor(first)).hasMessageContaining("route 'in': clientId: another client");
            assertThat(second.health().healthy()).isTrue();
        }
    }

    @Test
    void secondBridge_exactlyOnce_namesTheClientId() {
        Route route = Route.fromMqtt("a/#").qos(QoS.EXACTLY_ONCE).toKafka("t").build();
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                Bridge first = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start();
                Bridge second = builder(m -> m.serverUri(broker.serverUri()))
                        .route(route)
                        .build()
                        .start()) {
            assertThat(waitFor(first)).hasMessageContaining("mqtt.clientId: another");
            assertThat(second.health().healthy()).isTrue();
        }
    }

    @Test
    void messageForAConnectionThatSubscribesToNothing_namesTopicAndClient() {
        kafka.createTopic("commands", 1);
        try (ScriptedMqttBroker broker = ScriptedMqttBroker.start();
                LogCapture log = new LogCapture();
                Bridge bridge = builder(m -> m.serverUri(broker.serverUri()))
                        .route(Route.fromKafka("commands")
                                .group("g")
                                .toMqtt("devices/{key}")
                                .qos(QoS.AT_LEAST_ONCE)
                                .build())
                        .build()) {
            CompletableFuture<Void> script = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 3; i++) {
                    ScriptedConnection connection = broker.accept();
                    connection.handshake(false);
                    connection.publish(Engine.qos1(1, "some/topic", SECRET));
                }
            });
            bridge.start();

            assertThat(waitFor(bridge))
                    .hasMessageContaining(
                            "'edge-1-out': a message on 'some/topic' came for 'edge-1-out', which subscribes to"
                                    + " nothing")
                    .hasMessageNotContaining(SECRET);
            script.join();
            assertThat(log.lines()).noneMatch(line -> line.contains(SECRET));
        }
    }

    private String warningOf(String mechanism) {
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                LogCapture log = new LogCapture();
                Bridge bridge = Bridge.builder()
                        .mqtt(m -> m.serverUri(broker.serverUri()).clientId("edge-1"))
                        .kafka(k -> k.bootstrapServers(kafka.bootstrapServers())
                                .client("security.protocol", "SASL_PLAINTEXT")
                                .client("sasl.mechanism", mechanism)
                                .client("sasl.jaas.config", "module required password=\"" + SECRET + "\";"))
                        .route(Route.fromMqtt("a/#").toKafka("t").build())
                        .build()) {
            bridge.start();
            assertThat(log.lines()).noneMatch(line -> line.contains(SECRET));
            return log.lines().stream()
                    .filter(line -> line.contains("SASL_PLAINTEXT"))
                    .findFirst()
                    .orElse("");
        }
    }

    @Test
    void kafkaPasswordInTheClear_isWarnedOf() {
        assertThat(warningOf("PLAIN")).startsWith("kafka.client: ").contains("in the clear; use SASL_SSL");
        assertThat(warningOf("OAUTHBEARER")).contains("in the clear; use SASL_SSL");
        assertThat(warningOf("SCRAM-SHA-512")).contains("can try out passwords");
        assertThat(warningOf("GSSAPI")).isEmpty();
    }
}
