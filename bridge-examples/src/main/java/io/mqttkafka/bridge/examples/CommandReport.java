package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Compares how many commands were to be sent, what Kafka and the bridge say, and what the devices received. */
final class CommandReport {
    private final List<String> table;
    private final List<String> differences = new ArrayList<>();

    CommandReport(List<DeviceCommand> commands, long sent, RouteCounts bridge, CommandTally tally) {
        long atDevices = tally.inPlace(commands);
        table = List.of(
                "route      QoS  in Kafka  delivered  committed  at devices",
                "%-10s %3d  %8d  %9d  %9d  %10d"
                        .formatted(DeviceCommand.ROUTE, 1, sent, bridge.delivered(), bridge.acknowledged(), atDevices));
        expect("in Kafka", commands.size(), sent);
        expect("received", commands.size(), bridge.received());
        expect("delivered", commands.size(), bridge.delivered());
        expect("committed", commands.size(), bridge.acknowledged());
        expect("at devices", commands.size(), atDevices);
        if (tally.size() != atDevices) {
            differences.add(tally.size() + " commands have arrived, but only " + atDevices + " at the right device");
        }
        differences.addAll(tally.oddities());
    }

    /** Returns the table: a heading and a line. */
    List<String> table() {
        return table;
    }

    /** Returns every count that differs from what it has to be; none if all is well. */
    List<String> differences() {
        return List.copyOf(differences);
    }

    private void expect(String count, long expected, long actual) {
        if (expected != actual) {
            differences.add(String.format(
                    Locale.ROOT, "%s, QoS 1: %s is %d, expected %d", DeviceCommand.ROUTE, count, actual, expected));
        }
    }
}
