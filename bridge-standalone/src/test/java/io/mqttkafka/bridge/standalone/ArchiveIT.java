package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archives, unpacked and started as a user does. */
@Timeout(180)
class ArchiveIT {
    @TempDir
    private Path directory;

    private static Path target(String ending) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("mqtt-kafka-bridge-.*" + ending))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no archive; package first"))
                    .toAbsolutePath();
        }
    }

    private Path unpacked() throws Exception {
        assumeFalse(System.getProperty("os.name").startsWith("Windows"), "the script is for sh");
        assertThat(new ProcessBuilder("tar", "xzf", target("\\.tar\\.gz").toString())
                        .directory(directory.toFile())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        try (Stream<Path> top = Files.list(directory)) {
            return top.findFirst().orElseThrow();
        }
    }

    private String run(int exitCode, Path program, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(args));
        Path output = Files.createTempFile(directory, "output", "");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isEqualTo(exitCode);
        return Files.readString(output);
    }

    @Test
    void archive_checksTestsAndPreparesItself() throws Exception {
        Path home = unpacked();
        Path program = home.resolve("bin/mqtt-kafka-bridge");
        Path link = Files.createSymbolicLink(directory.resolve("link"), program);

        assertThat(run(0, link, "check", home.resolve("conf/bridge.yaml").toString()))
                .endsWith(": is right\n");
        assertThat(run(
                        0,
                        program,
                        "test",
                        home.resolve("conf/bridge.yaml").toString(),
                        home.resolve("conf/cases.yaml").toString()))
                .endsWith("3 cases, 0 failed\n")
                .doesNotContain("INFO", "WARN");
        assertThat(run(2, program, "run", home.resolve("none.yaml").toString())).contains("is not there");
        run(0, home.resolve("bin/prepare"));
        assertThat(home.resolve("lib/classes.jsa")).isNotEmptyFile();
        assertThat(run(0, program, "--version")).matches("mqtt-kafka-bridge \\S+\n");
        String failed = run(3, program, "run", home.resolve("conf/prepare.yaml").toString(), "--log-format", "json");
        assertThat(failed).contains("could not start: ", "\"level\":\"INFO\"");
    }

    @Test
    void zip_holdsTheSame() throws Exception {
        Path home = unpacked();
        try (Stream<Path> files = Files.walk(home);
                ZipFile zip = new ZipFile(target("\\.zip").toFile())) {
            List<String> inTar = files.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();

            assertThat(zip.stream()
                            .filter(entry -> !entry.isDirectory())
                            .map(entry -> entry.getName())
                            .sorted())
                    .containsExactlyElementsOf(inTar);
            assertThat(inTar)
                    .anyMatch(name -> name.endsWith("/LICENSE"))
                    .anyMatch(name -> name.endsWith("conf/bridge.schema.json"));
        }
    }

    /** The README's command, without Maven. */
    @Test
    void sample_runsAndEnds() throws Exception {
        Path home = unpacked();
        try (ProgramProcess sample = ProgramProcess.start(Sample.class, List.of(home.toString()))) {
            assertThat(sample.awaitExit()).as(sample.output()).isZero();
            assertThat(sample.output())
                    .contains(
                            "command at the device: devices/pump/cmd start",
                            "100 of 100 messages in Kafka",
                            "ready: running")
                    .contains("stopped: state=CLOSED");
        }
    }
}
