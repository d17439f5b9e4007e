package io.mqttkafka.bridge.core.kafka;

/**
 * Why a record was not confirmed.
 *
 * @param kind what it means for the record
 * @param cause what Kafka's client said
 */
public record SendFailure(Kind kind, Exception cause) {
    /** What a failure means for the record. */
    public enum Kind {
        /** This record can never be written: its topic is not legal, say. It was not written. */
        REFUSED,
        /** This record can never be written, but a smaller one might. It was not written. */
        TOO_LARGE,
        /** It can be written only after somebody has mended something, such as rights. It was not written. */
        DENIED,
        /** It was not even sent, because the topic is not known (any more) or there is no room. */
        NOT_SENT,
        /** It may or may not have been written, and what follows it is in doubt as well: start afresh. */
        BROKEN
    }
}
