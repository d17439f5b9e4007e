package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page in a real browser, where there is one. With -Dbridge.screenshots=DIRECTORY the pictures are kept. */
class StatusPageTest {
    @TempDir
    private Path directory;

    private static String browser() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
                        .map(path -> Path.of(path, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("");
    }

    private String look(FakeHealth running, String... options) throws Exception {
        String browser = browser();
        assumeTrue(!browser.isEmpty(), "no Chromium on the PATH");
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                browser,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--user-data-dir=" + directory.resolve("profile"),
                "--hide-scrollbars",
                "--timeout=20000",
                "--virtual-time-budget=9000"));
        command.addAll(List.of(options));
        command.add("http://" + running.port.shownAddress() + "/");
        Process process = new ProcessBuilder(command)
                .redirectError(directory.resolve("errors").toFile())
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS))
                    .as("the browser ends")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        // Without its script, which is not what one sees.
        return Files.readString(output).replaceAll("(?s)<script>.*</script>", "");
    }

    private static void traffic(FakeHealth running) {
        running.kafka.faults().on(KafkaOperation.SEND).topic("telemetry").nth(2).tooLarge();
        for (int i = 0; i < 40; i++) {
            running.mqtt.publish("sensors/oslo/" + i % 7 + "/temp", "21." + i, i % 2);
            running.kafka.produce("device-commands", "pump", "start " + i);
        }
        running.mqtt.awaitAcknowledged(running.mqtt.publish(
                PublishPacket.to("alarms/door").payload("x").qos(1).packetId(1).build()));
        running.kafka.awaitRecords("telemetry.dead", 1);
    }

    @Test
    void page_drawsItselfAndBreaksNoRuleOfItsOwn() throws Exception {
        try (FakeHealth running = new FakeHealth()) {
            traffic(running);

            String page = look(running, "--dump-dom");

            assertThat(page)
                    .contains("class=\"badge good\" role=\"status\">running", "<h3>telemetry</h3>", "<h3>commands</h3>")
                    .contains("<h3>MQTT edge-1</h3>", "dead letters", "at least once: ")
                    .contains("<h3>Kafka</h3>", "<svg class=\"chart\"")
                    .doesNotContain("no answer", "NaN", "undefined", "sensors/");
            assertThat(Files.readString(directory.resolve("errors")))
                    .doesNotContain("Content Security Policy", "Uncaught");
        }
    }

    @Test
    void routeStopped_isSaid() throws Exception {
        try (FakeHealth running = new FakeHealth()) {
            running.kafka.faults().on(KafkaOperation.SEND).topic("alarms").tooLarge();
            running.mqtt.publish("alarms/1", "x", 1);
            await().until(() -> !running.bridge.health().route("alarms").running());

            String page = look(running, "--dump-dom");

            assertThat(page)
                    .contains(
                            "class=\"badge warn\" role=\"status\">degraded",
                            "<b>route alarms</b>",
                            ">stopped</span>",
                            "Last errors");
        }
    }

    @ParameterizedTest
    @CsvSource({"wide-light,1280,900,", "wide-dark,1280,900,dark", "narrow-light,390,1400,", "narrow-dark,390,1400,dark"
    })
    void screenshot_canBeTaken(String name, int width, int height, String scheme) throws Exception {
        String kept = System.getProperty("bridge.screenshots", "");
        assumeTrue(!kept.isEmpty(), "asked for by -Dbridge.screenshots=DIRECTORY");
        try (FakeHealth running = new FakeHealth()) {
            traffic(running);
            Path picture = Path.of(kept).toAbsolutePath().resolve("status-" + name + ".png");
            List<String> options =
                    new ArrayList<>(List.of("--screenshot=" + picture, "--window-size=" + width + "," + height));
            if (scheme != null) {
                options.add("--blink-settings=preferredColorScheme=0");
                options.add("--force-dark-mode");
            }

            look(running, options.toArray(String[]::new));

            assertThat(picture).isNotEmptyFile();
        }
    }
}
