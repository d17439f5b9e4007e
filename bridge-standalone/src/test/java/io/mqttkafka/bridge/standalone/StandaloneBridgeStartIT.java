package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps {@link StandaloneBridge} from starting is told in one line, with the mend and without secrets. */
@Timeout(120)
class StandaloneBridgeStartIT {
    private static final String SECRET = "canary-5f1d";

    private static EmbeddedKafka kafka;
    private static MqttBroker mqtt;

    @TempDir
    private Path directory;

    // Its own for every test: neither session nor records of another get in the way.
    private final String name = "test-" + UUID.randomUUID();

    @BeforeAll
    static void startBrokers() {
        kafka = EmbeddedKafka.builder()
                .property("auto.create.topics.enable", "false")
                .start();
        mqtt = MqttBroker.start();
    }

    @AfterAll
    static void stopBrokers() {
        mqtt.close();
        kafka.close();
    }

    @Test
    void unreachableMqtt_saysSo() throws IOException {
        kafka.createTopic(name, 1);

        Run run = run("tcp://127.0.0.1:" + closedPort(), kafka.bootstrapServers(), "--start-timeout", "2s");

        assertNotStarted(run, "--mqtt: no connection to the MQTT broker", "check host and port");
    }

    @Test
    void unreachableKafka_saysSo() throws IOException {
        Run run = run(mqtt.serverUri(), "127.0.0.1:" + closedPort(), "--start-timeout", "2s");

        assertNotStarted(run, "--kafka:", "check");
    }

    @Test
    void unknownKafkaTopic_saysSo() {
        Run run = run(mqtt.serverUri(), kafka.bootstrapServers());

        assertNotStarted(run, name, "create");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x86, 0x87})
    void refusedCredentials_saySoWithoutThem(int reasonCode) throws IOException {
        kafka.createTopic(name, 1);
        Path password = Files.writeString(directory.resolve("password"), SECRET + "\n");
        try (ScriptedMqttBroker broker = ScriptedMqttBroker.start()) {
            CompletableFuture<Void> script = CompletableFuture.runAsync(() -> {
                var connection = broker.accept();
                connection.expectConnect();
                connection.connack(false, reasonCode);
            });

            Run run = run(
                    broker.serverUri(),
                    kafka.bootstrapServers(),
                    "--mqtt-user",
                    "me",
                    "--mqtt-password-file",
                    password.toString());

            script.join();
            assertNotStarted(run, "--mqtt-user", "check user name");
            assertThat(run.output()).doesNotContain(SECRET);
        }
    }

    @Test
    void wrongPassword_saysSoWithoutIt() throws IOException {
        assumeTrue(MosquittoBroker.available(), "mosquitto is not installed");
        kafka.createTopic(name, 1);
        try (MosquittoBroker broker =
                MosquittoBroker.builder().user("me", "right").start()) {
            List<String> args = StandaloneArgs.of(name, broker.serverUri(), kafka.bootstrapServers());
            args.addAll(List.of("--mqtt-user", "me", "--mqtt-password-env", "MQTT_PASSWORD"));

            Run run = Run.standaloneBridge(Map.of("MQTT_PASSWORD", SECRET), args.toArray(String[]::new));

            assertNotStarted(run, "--mqtt-user", "check user name");
            assertThat(run.output()).doesNotContain(SECRET);
        }
    }

    @Test
    void certificateOfAnotherHost_saysSo() throws Exception {
        kafka.createTopic(name, 1);
        try (TlsServer server = TlsServer.startFor("elsewhere.example", directory)) {
            Run run = run(
                    "ssl://127.0.0.1:" + server.port(),
                    kafka.bootstrapServers(),
                    "--mqtt-trust-store",
                    server.trustStore().toString(),
                    "--mqtt-trust-store-password-file",
                    server.passwordFile().toString());

            assertNotStarted(run, "--mqtt: the certificate of ssl://127.0.0.1", "use a host name that it holds");
            assertThat(run.output()).doesNotContain(SelfSignedCertificate.PASSWORD);
        }
    }

    @Test
    void untrustedCertificate_saysSo() throws Exception {
        kafka.createTopic(name, 1);
        try (TlsServer server = TlsServer.startFor("elsewhere.example", directory)) {
            Run run = run("ssl://127.0.0.1:" + server.port(), kafka.bootstrapServers());

            assertNotStarted(run, "--mqtt-trust-store: the certificate of ssl://127.0.0.1", "give a trust store");
        }
    }

    @Test
    void wrongStorePassword_saysSoWithoutIt() throws Exception {
        kafka.createTopic(name, 1);
        Path password = Files.writeString(directory.resolve("wrong"), SECRET);
        try (TlsServer server = TlsServer.startFor("elsewhere.example", directory)) {
            Run run = run(
                    "ssl://127.0.0.1:" + server.port(),
                    kafka.bootstrapServers(),
                    "--mqtt-trust-store",
                    server.trustStore().toString(),
                    "--mqtt-trust-store-password-file",
                    password.toString());

            assertNotStarted(run, "--mqtt-trust-store", "password");
            assertThat(run.output()).doesNotContain(SECRET);
        }
    }

    @Test
    void unknownKafkaTopicToRead_saysSo() {
        kafka.createTopic(name, 1);

        Run run = run(mqtt.serverUri(), kafka.bootstrapServers(), "--from-kafka", "no-" + name, "--to-mqtt", "x/{key}");

        assertNotStarted(run, "--from-kafka: the topic 'no-" + name, "create");
    }

    private Run run(String mqttUri, String kafkaAddress, String... added) {
        List<String> args = StandaloneArgs.of(name, mqttUri, kafkaAddress);
        args.addAll(List.of(added));
        return Run.standaloneBridge(args.toArray(String[]::new));
    }

    private static void assertNotStarted(Run run, String what, String mend) {
        assertThat(run.err()).startsWith("mqtt-kafka-bridge: could not start: ").contains(what, mend);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(3);
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
