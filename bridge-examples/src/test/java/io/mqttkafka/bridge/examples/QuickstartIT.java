package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class QuickstartIT {
    @TempDir
    private Path directory;

    @Test
    void everyCountAgrees_exitsWith0() {
        Run run = Run.quickstart("--messages", "500");

        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .containsPattern("telemetry +1 +300 +260 +20 +20 +0 +300 +260 +20")
                .containsPattern("alarms +2 +100 +100 +0 +0 +0 +100 +100 +0")
                .containsPattern("vibration +0 +100 ")
                .containsPattern("commands +1 +100 +100 +100 +100")
                .containsPattern("alarms +EXACTLY_ONCE")
                .containsPattern("commands +AT_LEAST_ONCE")
                .contains("Every count agrees.", "Everything is stopped.");
    }

    @Test
    void timeIsOver_saysWhatIsMissingAndExitsWith1() {
        Run run = Run.quickstart("--messages", "20000", "--timeout", "0.1s");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("Time is over", "These counts differ:", "telemetry, QoS 1: received is", "expected 12000")
                .contains("Everything is stopped.");
    }

    @Test
    void keepRunning_staysUntilSignalAndLeavesNothingBehind() throws Exception {
        try (ProgramProcess quickstart = ProgramProcess.start(
                Quickstart.class,
                List.of("--messages", "100", "--keep-running"),
                List.of("-Djava.io.tmpdir=" + directory))) {
            quickstart.awaitOutput("Ctrl-C stops everything.");
            assertThat(folders()).isNotEmpty();
            quickstart.terminate();

            assertThat(quickstart.awaitExit()).as(quickstart.output()).isZero();
            assertThat(quickstart.output())
                    .contains("mosquitto_pub", "mosquitto_sub", "kcat", "Everything is stopped.")
                    .doesNotContain("ERROR", "\tat ");
            assertThat(quickstart.output().lines().filter(line -> line.contains("WARN")))
                    .as("warnings")
                    .allMatch(line -> line.contains("'telemetry' wrote") && line.contains("dead letter topic"));
        }
        assertThat(folders()).isEmpty();
    }

    private List<Path> folders() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isDirectory).toList();
        }
    }
}
