package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.error.BridgeConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The topics in which a bridge says what it knows and how it is. No route may write to them, whatever its template makes of a
 * message: what is written there is believed.
 *
 * @param state the Kafka topic of packet ids
 * @param status the MQTT topic of the status; null if the bridge does not tell it
 */
public record OwnTopics(String state, @Nullable String status) {

    /** Refuses the state topic as what an option names. */
    public void requireNotState(String option, @Nullable String kafkaTopic) {
        String problem = kafkaTopic == null ? null : problem(option, kafkaTopic);
        if (problem != null) {
            throw new BridgeConfigException(problem);
        }
    }

    /** Says why a route may not write to a Kafka topic; null if it may. */
    @Nullable
    public String problem(String option, String kafkaTopic) {
        return kafkaTopic.equals(state)
                ? option + ": '" + kafkaTopic
                        + "' is where the bridge keeps its packet ids (kafka.transactions.stateTopic);"
                        + " choose another name"
                : null;
    }

    /** Says why a route may not publish to an MQTT topic; null if it may. */
    @Nullable
    public String problem(String mqttTopic) {
        return mqttTopic.equals(status)
                ? "toMqtt: '" + status + "' is where the bridge says how it is (status.topic); choose another topic"
                : null;
    }
}
