package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.DeliveryException;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a Kafka topic.
 *
 * @param state whether it can be written to
 * @param cause why not; null if it can
 * @param partitions how many partitions it has; 0 if it cannot be written to
 */
public record TopicResolution(State state, @Nullable Exception cause, int partitions) {
    /** Whether a topic can be written to. */
    public enum State {
        /** It can. */
        READY,
        /** It does not exist, and the cluster does not create it. */
        MISSING,
        /** We may not write to it. */
        DENIED,
        /** Its name is not legal. */
        ILLEGAL,
        /** The cluster does not answer. */
        UNREACHABLE
    }

    /**
     * Tells of a topic that can be written to.
     *
     * @param partitions how many partitions it has
     * @return that
     */
    public static TopicResolution ready(int partitions) {
        return new TopicResolution(State.READY, null, partitions);
    }

    static TopicResolution not(State state, Exception cause) {
        return new TopicResolution(state, cause, 0);
    }

    /**
     * Says in words why a topic cannot be written to.
     *
     * @param option the option that names it
     * @param topic its name
     * @return an exception with the words
     */
    public DeliveryException notReady(String option, String topic) {
        String name = "'" + UntrustedText.escape(topic) + "'";
        return new DeliveryException(
                option + ": "
                        + switch (state) {
                            case MISSING ->
                                "the topic " + name
                                        + " does not exist and Kafka does not create it; create it or change the route";
                            case DENIED ->
                                "Kafka does not let us write to the topic " + name
                                        + "; give this user the rights DESCRIBE and WRITE";
                            case ILLEGAL -> "Kafka refuses the topic name " + name;
                            default -> "Kafka does not answer about the topic " + name;
                        },
                cause);
    }
}
