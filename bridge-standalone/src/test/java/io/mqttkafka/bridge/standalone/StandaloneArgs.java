package io.mqttkafka.bridge.standalone;

import java.util.ArrayList;
import java.util.List;

/** The options that every {@link StandaloneBridge} of the tests has. */
final class StandaloneArgs {
    private StandaloneArgs() {}

    /** Returns a list, to be added to, of the options for a bridge of this name from {@code in/<name>} to the Kafka topic of that name. */
    static List<String> of(String name, String mqttUri, String kafkaAddress) {
        return new ArrayList<>(List.of(
                "--mqtt",
                mqttUri,
                "--client-id",
                name,
                "--kafka",
                kafkaAddress,
                "--from-mqtt",
                "in/" + name,
                "--to-kafka",
                name));
    }
}
