package io.mqttkafka.bridge.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class StandaloneBridgeIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String SECRET = "canary-5f1d";
    private static final String RUNNING = "running;";

    private static EmbeddedKafka kafka;
    private static FaultProxy kafkaProxy;
    private static MqttBroker mqtt;

    @TempDir
    private Path directory;

    // Its own for every test: neither session nor records of another get in the way.
    private final String name = "test-" + UUID.randomUUID();

    @BeforeAll
    static void startBrokers() {
        kafkaProxy = FaultProxy.start();
        kafka = EmbeddedKafka.builder()
                .property("auto.create.topics.enable", "false")
                .behind(kafkaProxy)
                .start();
        mqtt = MqttBroker.start();
    }

    @AfterAll
    static void stopBrokers() {
        mqtt.close();
        kafka.close();
        kafkaProxy.close();
    }

    @Test
    void secureConnection_worksAndTellsNoSecret() throws Exception {
        assumeTrue(MosquittoBroker.available(), "mosquitto is not installed");
        kafka.createTopic(name, 1);
        SelfSignedCertificate certificate =
                SelfSignedCertificate.create(Files.createDirectory(directory.resolve("certificate")));
        Path password = Files.writeString(directory.resolve("password"), SECRET + "\n");
        Path storePassword = Files.writeString(directory.resolve("store-password"), SelfSignedCertificate.PASSWORD);
        Path kafkaConfig = Files.writeString(
                directory.resolve("kafka.properties"), "ssl.key.password=" + SECRET + "\nclient.id=standalone\n");
        try (MosquittoBroker broker = MosquittoBroker.builder()
                .user("me", SECRET)
                .tls(certificate.certificate(), certificate.certificate(), certificate.key())
                .start()) {
            List<String> args = StandaloneArgs.of(name, broker.serverUri(), kafka.bootstrapServers());
            args.addAll(List.of("--mqtt-user", "me", "--mqtt-password-file", password.toString()));
            args.addAll(List.of("--mqtt-trust-store", certificate.trustStore().toString()));
            args.addAll(List.of("--mqtt-trust-store-password-file", storePassword.toString()));
            args.addAll(List.of("--kafka-config", kafkaConfig.toString(), "--status-interval", "1s"));

            try (ProgramProcess bridge =
                    ProgramProcess.start(StandaloneBridge.class, args, List.of("-Dbridge.log=TRACE"))) {
                bridge.awaitOutput("state=RUNNING");
                bridge.terminate();

                assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
                assertThat(bridge.output()).doesNotContain(SECRET, SelfSignedCertificate.PASSWORD);
            }
        }
    }

    @Test
    void sigterm_drainsKeepsTheSessionAndExitsWith0() throws Exception {
        kafka.createTopic(name, 1);
        List<String> args = StandaloneArgs.of(name, mqtt.serverUri(), kafka.bootstrapServers());
        args.addAll(List.of("--status-interval", "1s"));

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            Messages.publish(mqtt.serverUri(), "in/" + name, "first", "second");
            bridge.awaitOutput("state=RUNNING received=2 delivered=2 acknowledged=2");
            bridge.terminate();

            assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
            assertThat(bridge.output()).contains("stopped: state=CLOSED received=2 delivered=2 acknowledged=2");
            assertThat(bridge.output().lines().filter(line -> line.contains("state=")))
                    .noneMatch(line -> line.contains(name));
        }
        Messages.publish(mqtt.serverUri(), "in/" + name, "while away");
        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            await().atMost(PATIENCE).until(() -> values(), values -> values.size() == 3);
            bridge.terminate();
            assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
        }
        assertThat(values()).containsExactly("first", "second", "while away");
    }

    @Test
    void sigtermWhileKafkaHangs_leavesMessagesToTheBrokerAndExitsWith5() throws Exception {
        kafka.createTopic(name, 1);
        List<String> args = StandaloneArgs.of(name, mqtt.serverUri(), kafkaProxy.address());
        args.addAll(List.of("--status-interval", "1s", "--drain-timeout", "1s"));

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            kafkaProxy.pause();
            Messages.publish(mqtt.serverUri(), "in/" + name, "held");
            bridge.awaitOutput("unacknowledged=1");
            bridge.terminate();

            assertThat(bridge.awaitExit()).as(bridge.output()).isEqualTo(5);
            assertThat(bridge.output())
                    .contains("--drain-timeout: was over", "(1 left)")
                    .doesNotContain("\tat ");
        } finally {
            kafkaProxy.resume();
        }
        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            await().atMost(PATIENCE).until(() -> values(), values -> values.contains("held"));
        }
    }

    @Test
    void sigtermWhileAwayFromTheBroker_exitsWith5IfMessagesWereLeft() throws Exception {
        kafka.createTopic(name, 1);
        try (FaultProxy mqttProxy = FaultProxy.to(mqtt)) {
            List<String> args = StandaloneArgs.of(name, mqttProxy.serverUri(), kafkaProxy.address());
            args.addAll(List.of("--status-interval", "1s", "--drain-timeout", "1s"));

            try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
                bridge.awaitOutput(RUNNING);
                kafkaProxy.pause();
                Messages.publish(mqtt.serverUri(), "in/" + name, "held");
                bridge.awaitOutput("unacknowledged=1");
                mqttProxy.refuse();
                mqttProxy.cutAll();
                bridge.awaitOutput("state=DEGRADED");
                bridge.terminate();

                assertThat(bridge.awaitExit()).as(bridge.output()).isEqualTo(5);
                assertThat(bridge.output()).contains("(1 left)");
            } finally {
                kafkaProxy.resume();
            }
        }
    }

    @Test
    void secondSigterm_endsAtOnceWith5() throws Exception {
        kafka.createTopic(name, 1);
        List<String> args = StandaloneArgs.of(name, mqtt.serverUri(), kafkaProxy.address());
        args.addAll(List.of("--status-interval", "1s", "--drain-timeout", "1h"));

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            kafkaProxy.pause();
            Messages.publish(mqtt.serverUri(), "in/" + name, "held");
            bridge.awaitOutput("unacknowledged=1");
            bridge.terminate();
            bridge.awaitOutput("stopping");
            bridge.terminate();

            assertThat(bridge.awaitExit()).as(bridge.output()).isEqualTo(5);
        } finally {
            kafkaProxy.resume();
        }
    }

    @Test
    void sigtermWhileStarting_exitsWith0() throws Exception {
        kafka.createTopic(name, 1);
        try (FaultProxy nowhere = FaultProxy.start()) {
            List<String> args = StandaloneArgs.of(name, nowhere.serverUri(), kafka.bootstrapServers());
            args.addAll(List.of("--start-timeout", "1h"));

            try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
                bridge.awaitOutput("starting");
                bridge.terminate();

                assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
            }
        }
    }

    @Test
    void messageThatCannotBeDelivered_stopsTheBridgeWith4AndStaysWithTheBroker() throws Exception {
        kafka.createTopic("out-" + name, 1);
        List<String> args = List.of(
                "--mqtt",
                mqtt.serverUri(),
                "--client-id",
                name,
                "--kafka",
                kafka.bootstrapServers(),
                "--from-mqtt",
                "in/" + name + "/{site}",
                "--to-kafka",
                "{site}-" + name);

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            Messages.publish(mqtt.serverUri(), "in/" + name + "/out", "good");
            Messages.publish(mqtt.serverUri(), "in/" + name + "/o ut", "bad");

            assertThat(bridge.awaitExit()).as(bridge.output()).isEqualTo(4);
            assertThat(bridge.output())
                    .containsPattern("standalone-bridge: (every route has stopped; )?route '?in/" + name)
                    .contains("has stopped", "a Kafka topic has only")
                    .contains("received=2 delivered=1 acknowledged=1")
                    .doesNotContain("\tat ", "bad");
        }
    }

    @Test
    void deadLetter_takesWhatCannotBeDelivered() throws Exception {
        kafka.createTopic(name, 1);
        kafka.createTopic("dead-" + name, 1);
        List<String> args = List.of(
                "--mqtt",
                mqtt.serverUri(),
                "--client-id",
                name,
                "--kafka",
                kafka.bootstrapServers(),
                "--from-mqtt",
                "in/" + name,
                "--to-kafka",
                name,
                "--key",
                "k",
                "--metadata-headers",
                "--from-mqtt",
                "other/" + name + "/{site}",
                "--to-kafka",
                "{site}",
                "--dead-letter",
                "dead-" + name);

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            bridge.awaitOutput(RUNNING);
            Messages.publish(mqtt.serverUri(), "other/" + name + "/o ut", "poison");
            Messages.publish(mqtt.serverUri(), "in/" + name, "good");
            await().atMost(PATIENCE).until(() -> values(), values -> values.contains("good"));
        }

        assertThat(kafka.readAll("dead-" + name)).singleElement().satisfies(message -> assertThat(message.value())
                .asString(UTF_8)
                .isEqualTo("poison"));
        assertThat(kafka.readAll(name)).singleElement().satisfies(message -> {
            assertThat(message.key()).asString(UTF_8).isEqualTo("k");
            assertThat(message.headers().lastHeader("mqtt.topic").value())
                    .asString(UTF_8)
                    .isEqualTo("in/" + name);
        });
    }

    @Test
    void bothDirections_carryAndExitWith0() throws Exception {
        String commands = "commands-" + name;
        kafka.createTopic(name, 1);
        kafka.createTopic(commands, 1);
        List<String> args = StandaloneArgs.of(name, mqtt.serverUri(), kafka.bootstrapServers());
        args.addAll(List.of("--qos", "2", "--effectively-once"));
        args.addAll(List.of("--from-kafka", commands, "--to-mqtt", name + "/{key}/cmd", "--group", name));
        args.addAll(List.of("--publish-qos", "2", "--retain", "--status-interval", "1s"));

        try (ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args);
                Subscriber device = Subscriber.connect(mqtt.serverUri(), name + "/+/cmd")) {
            bridge.awaitOutput(RUNNING);
            Records.send(kafka.bootstrapServers(), commands, "pump", "start");
            Records.send(kafka.bootstrapServers(), commands, "pump", "stop");
            Messages.publish(mqtt.serverUri(), "in/" + name, "up");
            await().atMost(PATIENCE).until(device::received, received -> received.size() == 2);
            bridge.awaitOutput("received=3 delivered=3 acknowledged=3");
            bridge.terminate();

            assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
            assertThat(bridge.output())
                    .contains(commands + " -> " + name + "/{key}/cmd: EXACTLY_ONCE")
                    .contains("in/" + name + " -> " + name + ": EFFECTIVELY_ONCE");
            assertThat(device.received()).containsExactly(name + "/pump/cmd: start", name + "/pump/cmd: stop");
        }
        assertThat(values()).containsExactly("up");
        try (Subscriber late = Subscriber.connect(mqtt.serverUri(), name + "/+/cmd")) {
            await().atMost(PATIENCE).until(late::received, received -> received.contains(name + "/pump/cmd: stop"));
        }
    }

    @Test
    void recordThatCannotBePublished_stopsTheBridgeWith4AndStaysInKafka() throws Exception {
        String commands = "commands-" + name;
        kafka.createTopic(commands, 1);
        List<String> args = List.of(
                "--mqtt",
                mqtt.serverUri(),
                "--client-id",
                name,
                "--kafka",
                kafka.bootstrapServers(),
                "--from-kafka",
                commands,
                "--to-mqtt",
                name + "/{key}");
        Records.send(kafka.bootstrapServers(), commands, "pump", "good");
        Records.send(kafka.bootstrapServers(), commands, "pu#mp", "bad");

        try (Subscriber device = Subscriber.connect(mqtt.serverUri(), name + "/+");
                ProgramProcess bridge = ProgramProcess.start(StandaloneBridge.class, args)) {
            assertThat(bridge.awaitExit()).as(bridge.output()).isEqualTo(4);
            assertThat(device.received()).containsExactly(name + "/pump: good");
            assertThat(bridge.output())
                    .contains("standalone-bridge: route '" + commands, "has stopped: ", "received=2 delivered=1")
                    .doesNotContain("\tat ", "bad");
        }
    }

    private List<String> values() {
        return kafka.readAll(name).stream()
                .map(message -> new String(message.value(), UTF_8))
                .toList();
    }
}
