package io.mqttkafka.bridge.core.session;

/** A promise that was broken in a simulation. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Which promise. */
    enum Promise {
        /** What the MQTT broker takes for acknowledged is in Kafka. */
        NOTHING_LOST,
        /** An acknowledgement leaves when the record is in Kafka, not before. */
        NO_EARLY_ACKNOWLEDGEMENT,
        /** What has been produced is not produced again without need. */
        NO_UNEXPLAINED_DUPLICATE,
        /** The first copies of the messages of a topic are in order. */
        IN_ORDER,
        /** Acknowledgements leave in the order of receipt, once for each message received. */
        ACKNOWLEDGED_IN_ORDER,
        /** No message is taken for the repetition of another. */
        NEVER_MISTAKEN,
        /** No message stays unacknowledged for ever. */
        ALL_ACKNOWLEDGED,
        /** An id is completed when Kafka has forgotten it, and not before. */
        NO_EARLY_COMPLETION,
        /** What Kafka knows of a session is void before the next one can send anything. */
        GENERATION_BEFORE_SUBSCRIBE,
        /** What is restored is what was committed. */
        STATE_IS_RESTORED,
        /** A connection is not dropped without need. */
        NO_FALSE_ACCUSATION,
        /** What is remembered is bounded. */
        BOUNDED_MEMORY
    }

    private final Promise promise;

    Violation(Promise promise, String what) {
        super(promise + ": " + what, null, false, false);
        this.promise = promise;
    }

    Promise promise() {
        return promise;
    }
}
