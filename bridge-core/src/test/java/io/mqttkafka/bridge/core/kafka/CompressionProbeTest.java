package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionProbeTest {
    @TempDir
    Path folder;

    /** In a JVM of its own: a library that is loaded stays so. */
    @ParameterizedTest
    @ValueSource(strings = {"snappy", "zstd"})
    void require_nativeLibraryCannotBeUnpacked_namesTheMend(String type) throws Exception {
        Path output = folder.resolve("output");
        Path nowhere = Files.createFile(folder.resolve("no-folder"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + nowhere,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        type)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(Files.readString(output, StandardCharsets.UTF_8))
                .contains("refused: kafka.producer: compression.type=" + type, "-Djava.io.tmpdir", "use lz4 or gzip");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "lz4", "snappy", "zstd", "what Kafka itself refuses"})
    void require_works_saysNothing(String type) {
        assertThatCode(() -> CompressionProbe.require(Map.of("compression.type", type)))
                .doesNotThrowAnyException();
    }

    @Test
    void require_noCompression_saysNothing() {
        assertThatCode(() -> CompressionProbe.require(Map.of())).doesNotThrowAnyException();
    }

    /** What the other JVM runs. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            try {
                CompressionProbe.require(Map.of("compression.type", args[0]));
                System.out.println("accepted");
            } catch (BridgeStartException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }
}
