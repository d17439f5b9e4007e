package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.error.MalformedPayloadException;

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

    /** Judges what code of the route or of the bridge threw. */
    static Failure thrown(Throwable cause) {
        boolean hopeless = cause instanceof HopLimitException || cause instanceof MalformedPayloadException;
        return new Failure(hopeless ? Kind.FINAL : Kind.RETRYABLE, cause);
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
