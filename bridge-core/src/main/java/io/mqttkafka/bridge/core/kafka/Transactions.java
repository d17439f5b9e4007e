package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes records and the state that belongs to them, all or none of it, under an identity that only one process has at a time.
 * The engine's own are those of a producer, {@link ProducerTransactions}; the tasks of a Kafka Connect worker have others.
 *
 * <p>{@link #commit} belongs to one thread, {@link #open} to another one while that rests; {@link #close} may be called at
 * any time, and ends a call of the others.
 *
 * @param <S> the state that is kept, read back by {@link #open}
 */
public interface Transactions<S> {
    /**
     * Creates or checks what the state is kept in. To be called once, before {@link #open}.
     *
     * @param timeout how long to try
     * @throws BridgeStartException if it is not fit
     */
    void prepare(Duration timeout);

    /**
     * Takes the identity over, settles what was left open under it, and reads the committed state. Can be called again to
     * start afresh; it does not take back then what another process has taken over meanwhile.
     *
     * @param timeout how long to try
     * @return what Kafka knows
     * @throws TakenOverException if another process has taken the identity over since we did
     * @throws BridgeStartException if Kafka does not answer, or does not let us; nothing has been lost then
     */
    S open(Duration timeout);

    /**
     * Writes records and an entry of the state in one transaction, and waits for its end as long as Kafka takes.
     *
     * @param records the records, in order; none if only the state changes
     * @param entry the entry
     * @param removes whether the entry removes packet ids
     * @return how it ended; nothing is thrown for what Kafka says
     */
    TransactionOutcome commit(List<PreparedRecord> records, Qos2Journal.Entry entry, boolean removes);

    /**
     * Makes sure that nobody has taken the identity over since this was opened. Being fenced tells it too, but only who writes.
     *
     * @param timeout how long to try
     * @throws TakenOverException if another process has it
     * @throws BridgeStartException if Kafka does not answer
     */
    void requireNotTakenOver(Duration timeout);

    /**
     * Words why a transaction has failed, if Kafka does not allow it: it will not a moment later either.
     *
     * @param failure what the transaction met with
     * @return what to fail a start with; null if it failed for another reason
     */
    @Nullable
    BridgeStartException denied(Throwable failure);

    /**
     * Gives up what is not committed and closes for good.
     *
     * @param timeout how long to wait for what is on its way
     */
    void close(Duration timeout);
}
