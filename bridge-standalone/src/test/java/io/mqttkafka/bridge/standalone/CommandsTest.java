package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands about a file. */
class CommandsTest {
    private static final Path ARCHIVE = Path.of("src", "main", "archive");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private Path write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    private static String yaml(FakeMqttBroker mqtt, FakeKafka kafka, String rest) {
        return """
                mqtt: { server: "%s", client-id: edge-1, keep-alive: 20s }
                kafka: { bootstrap-servers: "%s" }
                routes:
                  telemetry: { from-mqtt: "a/{b}", to-kafka: t, key: "{b}", on-failure: { dead-letter: dead } }
                """.formatted(mqtt.serverUri(), kafka.bootstrapServers()) + rest;
    }

    @Test
    void fileOfTheArchive_isRightAndDoesWhatItsCasesSay() {
        String file = ARCHIVE.resolve("conf/bridge.yaml").toString();

        assertThat(Run.standaloneBridge("check", file).exitCode()).isZero();
        Run cases = Run.standaloneBridge(
                "test", file, ARCHIVE.resolve("conf/cases.yaml").toString());
        assertThat(cases.exitCode()).as(cases.output()).isZero();
        assertThat(cases.out()).contains("ok      a command goes to its device", "3 cases, 0 failed");
    }

    @Test
    void caseThatFails_saysWhatIsMissingAndWhatIsThere() throws Exception {
        Path cases = write("cases.yaml", """
                cases:
                  - name: wrong
                    mqtt: { topic: sensors/oslo/7/temp, payload: "21.5" }
                    expect-kafka: { topic: telemetry, key: "8" }
                """);

        Run run =
                Run.standaloneBridge("test", ARCHIVE.resolve("conf/bridge.yaml").toString(), cases.toString());

        assertThat(run.exitCode()).isEqualTo(6);
        assertThat(run.out())
                .contains("FAILED  wrong", "missing record on telemetry, key 8")
                .contains("unexpected record on telemetry, key 7, value 21.5", "1 case, 1 failed");
    }

    @Test
    void mistakeInTheCases_isSaidWithItsPlace() throws Exception {
        Path cases = write("cases.yaml", "cases:\n  - name: x\n    mqqt: {}\n");

        Run run =
                Run.standaloneBridge("test", ARCHIVE.resolve("conf/bridge.yaml").toString(), cases.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("cases.yaml:3:5: cases.mqqt: is not an option here; did you mean mqtt?"
                        + System.lineSeparator());
    }

    @Test
    void mistakeInTheFile_exitsWith2AndAsksNoBroker() throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            Path file = write("bridge.yaml", yaml(mqtt, kafka, "htp: {}\n"));

            for (String command : new String[] {"run", "check", "dry-run", "guarantees", "export-java"}) {
                Run run = Run.standaloneBridge(command, file.toString());

                assertThat(run.exitCode()).as(command).isEqualTo(2);
                assertThat(run.err())
                        .as(command)
                        .isEqualTo("bridge.yaml:5:1: htp: is not an option here; did you mean http?"
                                + System.lineSeparator());
                assertThat(run.out()).as(command).isEmpty();
            }
            assertThat(mqtt.packets()).isEmpty();
            assertThat(kafka.clients()).isZero();
        }
    }

    @Test
    void dryRun_connectsAndSubscribesToNothing() throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            kafka.createTopic("t", 3);
            Path file = write("bridge.yaml", yaml(mqtt, kafka, ""));

            Run run = Run.standaloneBridge("dry-run", file.toString());

            assertThat(run.exitCode()).as(run.output()).isZero();
            assertThat(run.out())
                    .contains(
                            "accepts the connection", "Kafka topic t: 3 partitions", "Kafka topic dead: is not there");
            assertThat(mqtt.packetLog()).contains("CONNECT", "DISCONNECT").doesNotContain("SUBSCRIBE", "PUBLISH");
            assertThat(mqtt.sessions()).doesNotContain("edge-1");
            assertThat(kafka.topics()).containsExactly("t");
        }
    }

    @Test
    void dryRun_withoutBrokers_namesBoth() throws Exception {
        Path file = write("bridge.yaml", """
                mqtt: { server: "tcp://127.0.0.1:1", client-id: edge-1 }
                kafka: { bootstrap-servers: "none.invalid:9092" }
                routes: { r: { from-mqtt: a, to-kafka: t } }
                """);

        Run run = Run.standaloneBridge("dry-run", file.toString());

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("MQTT: mqtt.server-uri", "Kafka: kafka.bootstrap-servers");
    }

    @Test
    void guarantees_areSaidInTheWordsOfTheFile() {
        Run run = Run.standaloneBridge(
                "guarantees", ARCHIVE.resolve("conf/bridge.yaml").toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("telemetry: at least once, PUBACK", "commands: at least once, ");
    }

    /** It compiles, has no secret, and makes the same bridge. */
    @Test
    void exportedJava_isTheSameBridge() throws Exception {
        write("secret", "canary-5f1d");
        Path file = write("bridge.yaml", """
                mqtt:
                  server-uri: [tcp://a:1, "ssl://b:2"]
                  client-id: edge-1
                  username: ${USER_NAME:me}
                  password: ${file:secret}
                  session-expiry: 1d
                  reconnect: 1s
                  max-in-flight-bytes: 8MiB
                  unsubscribe: [old/a, old/b]
                  tls: { alpn: [mqtt] }
                kafka:
                  bootstrap-servers: [a:1]
                  properties: { compression.type: lz4, max.poll.records: 7 }
                  producer: { linger.ms: 5 }
                  transactions: { commit-interval: 20ms }
                routes:
                  in "1":
                    from-mqtt: a/{b}/#
                    qos: 2
                    effectively-once: true
                    decode: json
                    encode: json
                    to-kafka: t.{b}
                    key: "{b}"
                    headers: { h: ["{b}", x\\y] }
                    partition: 0
                    metadata-headers: true
                    user-properties: false
                    on-failure: { retry: 3, backoff: 100ms..5s, skip: true }
                  out:
                    from-kafka-pattern: commands[.].*
                    group: g
                    to-mqtt: d/{key}
                    retain: true
                    clear-on-tombstone: true
                    binary-headers: base64
                    no-subscribers: await 1s..5s
                    on-failure: { dead-letter: dead }
                loops: { identity: x, hop-limit: 3 }
                status: { topic: s, will-delay: 5s }
                start-timeout: 5s
                start-mode: in-background
                http: { port: 8080 }
                """);
        Run exported = Run.standaloneBridge("export-java", file.toString());
        assertThat(exported.exitCode()).as(exported.output()).isZero();
        assertThat(exported.out()).doesNotContain("canary-5f1d");
        Path source = write(
                "ExportedBridge.java",
                exported.out()
                        .replace(
                                "\"secret\"",
                                "\"" + directory.resolve("secret").toString().replace("\\", "\\\\") + "\""));

        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", directory.toString(), source.toString());

        assertThat(compiled).as(exported.out()).isZero();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            Method method = loader.loadClass("ExportedBridge").getDeclaredMethod("bridge");
            method.setAccessible(true);
            try (Bridge bridge = (Bridge) method.invoke(null)) {
                Run guarantees = Run.standaloneBridge("guarantees", file.toString());
                assertThat(guarantees.out().lines().map(line -> line.replaceFirst(":.*", "")))
                        .containsExactlyElementsOf(bridge.guarantees().stream()
                                .map(one -> one.route())
                                .toList());
                assertThat(bridge.guarantees())
                        .extracting(one -> one.guarantee().name())
                        .containsExactly("EFFECTIVELY_ONCE", "AT_LEAST_ONCE");
            }
        }
    }

    @Test
    void schema_isPrinted() {
        assertThat(Run.standaloneBridge("schema").out()).startsWith("{").contains("\"from-mqtt\"");
    }

    /** A command that runs on a thread of its own. */
    private static final class Running {
        private final StringWriter out = new StringWriter();
        private final StringWriter err = new StringWriter();
        private final StandaloneBridge command = new StandaloneBridge(name -> null);
        private final CompletableFuture<Integer> exit;

        Running(String... args) {
            CommandLine line = command.commandLine();
            line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
            line.getSubcommands().values().forEach(one -> one.setOut(new PrintWriter(out))
                    .setErr(new PrintWriter(err)));
            exit = CompletableFuture.supplyAsync(() -> line.execute(args));
        }

        String says(String pattern) {
            Pattern text = Pattern.compile(pattern);
            await().atMost(PATIENCE).until(() -> text.matcher(out.toString()).find() || exit.isDone());
            Matcher found = text.matcher(out.toString());
            assertThat(found.find()).as(out + "\n" + err).isTrue();
            return found.groupCount() == 0 ? found.group() : found.group(1);
        }

        int stop() throws Exception {
            command.requestStop();
            return exit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void run_bridgesAndShowsItself_andFlagsCountOverTheFile() throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            Path file = write("bridge.yaml", yaml(mqtt, kafka, "http: { port: 1 }\n"));
            Running running = new Running(
                    "run",
                    file.toString(),
                    "--http-port",
                    "0",
                    "--client-id",
                    "test",
                    "--keep-alive",
                    "30s",
                    "--from-mqtt",
                    "more/#",
                    "--to-kafka",
                    "more");
            String address = running.says("http://(\\S+)/ shows how it is");
            running.says("running; SIGTERM");

            mqtt.awaitAcknowledged(mqtt.publish("a/7", "x", 1));
            mqtt.awaitAcknowledged(mqtt.publish("more/7", "y", 1));

            assertThat(kafka.values("t")).containsExactly("x");
            assertThat(kafka.values("more")).containsExactly("y");
            assertThat(mqtt.sessions()).contains("test");
            assertThat(get(address, "/health/live").statusCode()).isEqualTo(200);
            assertThat(get(address, "/health/ready").body()).isEqualTo("running\n");
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(get(address, "/metrics").body())
                                    .contains(
                                            "bridge_messages_total{bridge=\"bridge\",outcome=\"delivered\",qos=\"1\",route=\"telemetry\"} 1.0"));
            assertThat(get(address, "/status").body())
                    .contains("\"state\":\"running\"", "\"name\":\"telemetry\"")
                    .doesNotContain("a/7", "more/7");
            assertThat(running.stop()).as(running.err.toString()).isZero();
        }
    }

    @Test
    void portInUse_isSaidAndNothingIsStarted() throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start();
                ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Path file = write("bridge.yaml", yaml(mqtt, kafka, "http: { port: " + taken.getLocalPort() + " }\n"));

            Run run = Run.standaloneBridge("run", file.toString());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err())
                    .contains("could not start: http.port: " + taken.getLocalPort() + " on 127.0.0.1 cannot be opened");
            assertThat(mqtt.packets()).isEmpty();
        }
    }

    @Test
    void brokerAway_isAliveButNotReady() throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            mqtt.stop();
            Path file = write(
                    "bridge.yaml",
                    yaml(mqtt, kafka, "http: { port: 0 }\nstart-mode: in-background\nstart-timeout: 1s\n"));
            Running running = new Running("run", file.toString());
            String address = running.says("http://(\\S+)/ shows how it is");
            running.says("goes on starting in the background");

            HttpResponse<String> ready = get(address, "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).startsWith("degraded\nMQTT edge-1: mqtt.server-uri: no connection");
            assertThat(get(address, "/health/live").statusCode()).isEqualTo(200);
            assertThat(running.stop()).isZero();
        }
    }

    private static HttpResponse<String> get(String address, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + address + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
