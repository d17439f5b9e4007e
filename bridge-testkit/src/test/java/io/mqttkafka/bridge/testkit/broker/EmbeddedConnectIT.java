package io.mqttkafka.bridge.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedConnectIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SOURCE = CountingSource.class.getName();

    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;
    private static Path jar;

    @BeforeAll
    static void start() throws IOException {
        jar = jar(folder.resolve("counting.jar"));
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void workerInThisJvm_pluginFromAnArchive_isIsolatedAndGoesThroughItsLife() throws IOException {
        Path zip = folder.resolve("counting.zip");
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            add(out, "counting-1.0/lib/counting.jar", Files.readAllBytes(jar));
        }
        try (EmbeddedConnect connect =
                EmbeddedConnect.builder(kafka).plugin(zip).exactlyOnce().start()) {
            connect.configure("life", config("life"));
            connect.awaitRunning("life", 1);
            await().atMost(PATIENCE).until(() -> kafka.readAll("life").size() == 10);

            connect.pause("life");
            connect.stop("life");
            assertThat(connect.request("GET", "/connectors/life/offsets", null).body())
                    .contains("\"next\":10");
            connect.resume("life");
            connect.awaitRunning("life", 1);

            connect.register("""
                    {"name": "broken", "config": {"connector.class": "%s", "tasks.max": "1", "topic": "t", "limit": "0"}}
                    """.formatted(SOURCE));
            assertThat(connect.awaitFailed("broken", 0))
                    .contains("nothing to count")
                    .contains("PluginClassLoader");
            assertThatThrownBy(() -> connect.awaitRunning("broken", 1)).hasMessageContaining("nothing to count");
            connect.delete("broken");
            assertThat(connect.request("GET", "/connectors", null).body()).isEqualTo("[\"life\"]");

            assertThat(connect.validate(SOURCE, Map.of("connector.class", SOURCE, "name", "x", "limit", "-1")))
                    .containsOnlyKeys("topic", "limit");
            assertThatThrownBy(connect.worker(0)::kill).isInstanceOf(IllegalStateException.class);
        }
        assertThat(kafka.readAll("life")).hasSize(10);
    }

    @Test
    void twoProcesses_oneKilled_theOtherTakesTheTaskOver() {
        try (EmbeddedConnect connect = EmbeddedConnect.builder(kafka)
                .property("group.id", "two")
                .property("offset.storage.topic", "two-offset")
                .property("config.storage.topic", "two-config")
                .property("status.storage.topic", "two-status")
                .workers(2)
                .inProcesses()
                .plugin(jar)
                .start()) {
            connect.configure("killed", config("killed"));
            connect.awaitRunning("killed", 1);
            ConnectWorker first = worker(connect);

            first.kill();
            assertThat(first.isRunning()).isFalse();

            connect.awaitStatus(
                    "killed",
                    "running elsewhere",
                    status -> status.isRunning(1)
                            && !first.url().endsWith(status.tasks().get(0).worker()));
            first.restart();
            assertThat(first.isRunning()).isTrue();
        }
    }

    @Test
    void start_badProperty_failsWithTheReason() {
        EmbeddedConnect.Builder broken = EmbeddedConnect.builder(kafka).property("offset.flush.interval.ms", "soon");

        assertThatThrownBy(broken::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("did not start");
    }

    private static ConnectWorker worker(EmbeddedConnect connect) {
        String id = connect.awaitStatus("killed", "running", one -> one.isRunning(1))
                .tasks()
                .get(0)
                .worker();
        return connect.workers().stream()
                .filter(one -> one.url().endsWith(id))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> config(String topic) {
        return Map.of("connector.class", SOURCE, "tasks.max", "1", "topic", topic, "limit", "10");
    }

    private static Path jar(Path target) throws IOException {
        try (OutputStream file = Files.newOutputStream(target);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (Class<?> one : List.of(CountingSource.class, CountingSource.Counting.class)) {
                String name = one.getName().replace('.', '/') + ".class";
                try (InputStream in = EmbeddedConnectIT.class.getClassLoader().getResourceAsStream(name)) {
                    add(out, name, in.readAllBytes());
                }
            }
            add(
                    out,
                    "META-INF/services/org.apache.kafka.connect.source.SourceConnector",
                    SOURCE.getBytes(StandardCharsets.UTF_8));
        }
        return target;
    }

    private static void add(ZipOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
