package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.kafka.SendFailure;

/**
 * Why a message could not go on.
 *
 * @param kind what to do about it
 * @param cause what happened
 */
record Failure(Kind kind, Throwable cause) {
    /** What to do about a failure. */
    enum Kind {
        /** Try again if the policy of the route says so. */
        RETRYABLE,
        /** Trying again is of no use. */
        FINAL,
        /** Try again until it works. */
        UNHEARD,
        /** Find out what is the matter with the Kafka topic. */
        TOPIC_UNKNOWN
    }

    /** Translates what the sink said; not for a broken sink, which is no failure of one message. */
    static Failure of(SendFailure failure) {
        return switch (failure.kind()) {
            case REFUSED -> new Failure(Kind.FINAL, failure.cause());
            case DENIED -> new Failure(Kind.RETRYABLE, failure.cause());
            case NOT_SENT -> new Failure(Kind.TOPIC_UNKNOWN, failure.cause());
            case BROKEN -> throw new IllegalArgumentException("a broken sink is no failure of one message");
        };
    }
}
