package io.mqttkafka.bridge.core.kafka;

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

    static TopicResolution ready(int partitions) {
        return new TopicResolution(State.READY, null, partitions);
    }

    static TopicResolution not(State state, Exception cause) {
        return new TopicResolution(state, cause, 0);
    }
}
