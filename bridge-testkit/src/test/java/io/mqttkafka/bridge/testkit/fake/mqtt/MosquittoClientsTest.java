package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The broker with mosquitto_pub and mosquitto_sub, where they are installed. */
class MosquittoClientsTest {

    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void requireClients() {
        Assumptions.assumeTrue(
                isInstalled("mosquitto_pub") && isInstalled("mosquitto_sub"),
                "mosquitto_pub and mosquitto_sub are not on the PATH");
    }

    @AfterEach
    void close() {
        processes.forEach(Process::destroyForcibly);
        broker.close();
    }

    @ParameterizedTest
    @CsvSource({"mqttv5, 0", "mqttv5, 1", "mqttv5, 2", "mqttv311, 0", "mqttv311, 1", "mqttv311, 2"})
    void publishAndSubscribe_allVersionsAndLevels(String version, String qos) throws Exception {
        Process subscriber = start("mosquitto_sub", version, qos, "-i", "sub", "-t", "a/#", "-C", "3");
        broker.awaitSubscribed("sub", "a/#");

        for (String payload : List.of("1", "2", "3")) {
            Process publisher = start("mosquitto_pub", version, qos, "-i", "pub", "-t", "a/b", "-m", payload);
            assertThat(publisher.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(publisher.exitValue()).isZero();
        }

        assertThat(subscriber.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(subscriber.getInputStream().readAllBytes(), UTF_8))
                .isEqualTo("1\n2\n3\n");
        assertThat(broker.violations()).isEmpty();
    }

    private Process start(String program, String version, String qos, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(program, "-h", broker.host(), "-p", String.valueOf(broker.port()), "-V", version, "-q", qos));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        processes.add(process);
        return process;
    }

    private static boolean isInstalled(String program) {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Stream.of(path.split(File.pathSeparator, -1)).anyMatch(folder -> new File(folder, program).canExecute());
    }
}
