package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@link StandaloneBridge} is told to stop while it starts, long before its start timeout. */
class StandaloneBridgeStopIT {
    /** Nobody listens there. */
    private static final String NOWHERE = "127.0.0.1:1";

    private static List<String> args(String mqttUri, String... added) {
        List<String> args = new ArrayList<>(
                List.of("--mqtt", mqttUri, "--client-id", "edge-1", "--kafka", NOWHERE, "--start-timeout", "10m"));
        args.addAll(List.of(added));
        return args;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--from-mqtt a/# --to-kafka t --qos 2",
                "--from-kafka c --to-mqtt d/{key} --publish-qos 2",
                "--from-mqtt a/# --to-kafka t --dead-letter dead --from-kafka c --to-mqtt d/{key} --status-topic s"
            })
    void sigtermWhileKafkaIsAway_exitsWith0(String routes) throws Exception {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                ProgramProcess bridge =
                        ProgramProcess.start(StandaloneBridge.class, args(mqtt.serverUri(), routes.split(" ")))) {
            bridge.awaitOutput(" starting");
            bridge.terminate();

            assertThat(bridge.awaitExit()).as(bridge.output()).isZero();
            assertThat(bridge.output())
                    .contains("stopped: state=CLOSED")
                    .doesNotContain("could not start", "Exception");
        }
    }

    /** As soon as there is somebody to hear it. */
    @Test
    void sigtermBeforeItStarts_exitsWith0() {
        StandaloneBridge program = new StandaloneBridge(name -> null);
        CommandLine commandLine = program.commandLine();
        program.requestStop();

        int exit = commandLine.execute(args("tcp://" + NOWHERE, "--from-mqtt", "a/#", "--to-kafka", "t")
                .toArray(String[]::new));

        assertThat(exit).isZero();
    }
}
