package io.mqttkafka.bridge.core.kafka;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a transaction ended.
 *
 * @param kind what it means
 * @param refused the records that cannot be written as they are, if it was aborted because of them
 * @param cause what Kafka's client said, or null if it is committed
 */
public record TransactionOutcome(
        Kind kind, List<Refused> refused, @Nullable Throwable cause) {
    /** That of a transaction that is committed. */
    public static final TransactionOutcome COMMITTED = new TransactionOutcome(Kind.COMMITTED, List.of(), null);

    /** What an outcome means. */
    public enum Kind {
        /** Everything in it can be read. */
        COMMITTED,
        /** Nothing of it can be read, because of some of its records; the others can be tried again. */
        ABORTED,
        /** Nobody knows. Start afresh and read what Kafka knows. */
        UNKNOWN,
        /** As unknown, but to start afresh is of no use: the transactions before it have ended in the same way. */
        HOPELESS,
        /** Somebody else writes under our identity, and nothing of this can be read. */
        FENCED
    }

    /**
     * A record that cannot be written as it is.
     *
     * @param record the record
     * @param failure why
     */
    public record Refused(PreparedRecord record, SendFailure failure) {}

    /**
     * Makes the outcome of a transaction of which nobody knows how it has ended.
     *
     * @param cause why
     * @return the outcome
     */
    public static TransactionOutcome unknown(Throwable cause) {
        return new TransactionOutcome(Kind.UNKNOWN, List.of(), cause);
    }
}
