package io.mqttkafka.bridge.core.kafka;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a Kafka topic.
 *
 * @param state whether it can be written to
 * @param cause why not; null if it can
 */
public record TopicResolution(State state, @Nullable Exception cause) {
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

    static final TopicResolution READY = new TopicResolution(State.READY, null);
}
