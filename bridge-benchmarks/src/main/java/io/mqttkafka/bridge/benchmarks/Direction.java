package io.mqttkafka.bridge.benchmarks;

import java.util.Arrays;

/** Which way the messages go. */
enum Direction {
    TO_KAFKA("to-kafka"),
    TO_MQTT("to-mqtt");

    private final String label;

    Direction(String label) {
        this.label = label;
    }

    static Direction named(String name) {
        return Arrays.stream(values())
                .filter(direction -> direction.label.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "--direction: '" + name + "' is no direction; use to-kafka or to-mqtt"));
    }

    String label() {
        return label;
    }
}
