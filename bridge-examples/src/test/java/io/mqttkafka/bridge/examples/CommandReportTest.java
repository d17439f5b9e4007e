package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The quickstart must be able to fail in this direction too. */
class CommandReportTest {
    private static final RouteCounts ALL =
            RouteCounts.builder().received(20).delivered(20).acknowledged(20).build();

    private final List<DeviceCommand> commands = DeviceCommand.of(20);
    private final CommandTally tally = new CommandTally();

    @Test
    void everythingInPlace_noDifference() {
        commands.forEach(this::arrive);

        CommandReport report = new CommandReport(commands, 20, ALL, tally);

        assertThat(report.differences()).isEmpty();
        assertThat(report.table()).hasSize(2).anyMatch(line -> line.matches("commands +1 +20 +20 +20 +20"));
    }

    @Test
    void commandMissing_isNamed() {
        commands.subList(1, 20).forEach(this::arrive);

        assertThat(new CommandReport(commands, 20, ALL, tally).differences())
                .containsExactly("commands, QoS 1: at devices is 19, expected 20");
    }

    @Test
    void commandTwice_isNamed() {
        commands.forEach(this::arrive);
        arrive(commands.get(19));

        assertThat(new CommandReport(commands, 20, ALL, tally).differences())
                .singleElement()
                .asString()
                .contains("command 19 has arrived twice");
    }

    @Test
    void commandsOfOneDeviceReordered_areNamed() {
        arrive(commands.get(8));
        arrive(commands.get(0));

        assertThat(tally.oddities()).singleElement().asString().contains("command 0 comes after command 8");
    }

    @Test
    void commandAtWrongDevice_isNamed() {
        commands.subList(1, 20).forEach(this::arrive);
        tally.note("plant/devices/another/command", commands.get(0).payload());

        assertThat(new CommandReport(commands, 20, ALL, tally).differences())
                .contains("20 commands have arrived, but only 19 at the right device");
    }

    @Test
    void unknownMessage_isNamed() {
        tally.note("plant/devices/device-1/command", "none");

        assertThat(tally.oddities()).singleElement().asString().contains("none of the commands sent");
    }

    @Test
    void countsOff_areNamed() {
        commands.forEach(this::arrive);

        assertThat(new CommandReport(
                                commands,
                                19,
                                RouteCounts.builder()
                                        .received(21)
                                        .delivered(20)
                                        .acknowledged(18)
                                        .build(),
                                tally)
                        .differences())
                .containsExactly(
                        "commands, QoS 1: in Kafka is 19, expected 20",
                        "commands, QoS 1: received is 21, expected 20",
                        "commands, QoS 1: committed is 18, expected 20");
    }

    private void arrive(DeviceCommand command) {
        tally.note(command.mqttTopic(), command.payload());
    }
}
