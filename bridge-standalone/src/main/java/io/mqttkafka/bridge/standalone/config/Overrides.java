package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import java.util.List;
import java.util.Set;

/** What the command line says beside a file; where both say something, it counts. */
public interface Overrides {
    /** A command line that says nothing. */
    Overrides NONE = new Overrides() {};

    /** The options that it sets, by their paths in the file. */
    default Set<String> given() {
        return Set.of();
    }

    /** Sets options of MQTT, after those of the file. */
    default void mqtt(MqttOptions.Builder options) {}

    /** Sets options of Kafka, after those of the file. */
    default void kafka(KafkaOptions.Builder options) {}

    /** Sets options of loops, after those of the file. */
    default void loops(LoopOptions.Builder options) {}

    /** Sets the options that the file does not set because they are {@linkplain #given() given}. */
    default void bridge(BridgeBuilder builder) {}

    /** Routes beside those of the file. */
    default List<Route> routes() {
        return List.of();
    }
}
