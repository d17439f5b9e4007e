package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.time.WakeUp;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that commits what has gathered, one transaction after the other. As soon as nobody knows how one has ended it rests,
 * until it is started afresh from what Kafka knows.
 *
 * @param <S> what Kafka knows
 */
public abstract class CommitLoop<S> implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(CommitLoop.class);
    private static final Duration IDENTITY_TIMEOUT = Duration.ofSeconds(10);

    /** Whose transactions they are. */
    public interface Owner {
        /** Nobody knows how the last transaction ended: {@link #restart} once there is no connection any more. */
        void outcomeUnknown(Throwable cause);

        /** Another process writes under our identity. */
        void fenced(Throwable cause);

        /** No transaction comes about, however often they are started afresh. */
        void hopeless(Throwable cause);
    }

    private final Transactions<S> transactions;
    private final Owner owner;
    private final Thread thread;
    private final WakeUp wakeUp;

    /** Whether nothing may be written before a restart. */
    private volatile boolean broken;

    private volatile boolean resting;

    /**
     * Makes a loop that does nothing yet.
     *
     * @param name the name of its thread
     * @param transactions what it commits to
     * @param owner whose they are
     */
    protected CommitLoop(String name, Transactions<S> transactions, Owner owner) {
        this.transactions = transactions;
        this.owner = owner;
        thread = new Thread(this, name);
        thread.setDaemon(true);
        wakeUp = new WakeUp(thread);
    }

    // What a direction does of its own.

    /** Gives up what is not committed; holding the lock of this. */
    protected void giveUp() {
        // Whoever keeps it elsewhere has nothing to give up.
    }

    /**
     * Goes on from what Kafka knows; holding the lock of this.
     *
     * @param known what it knows
     */
    protected abstract void restored(S known);

    /**
     * Says until when more may gather.
     *
     * @return the time, by {@link System#nanoTime()}
     */
    protected abstract long dueNanos();

    /**
     * Commits what is ready.
     *
     * @return whether more may be
     */
    protected abstract boolean commit();

    /**
     * Hears of a mistake of ours, before all is given up.
     *
     * @param cause the mistake
     * @return whether it has come too often to be tried again
     */
    protected boolean isHopeless(Throwable cause) {
        return false;
    }

    /** Takes leave, on the thread of the loop. */
    protected void farewell() {
        // Whoever waits for something is not served any more.
    }

    // For the owner.

    /**
     * Takes the identity over, reads what Kafka knows, and begins; before the first connection.
     *
     * @param timeout how long to try, twice
     * @throws BridgeStartException if that is not possible
     */
    public final void begin(Duration timeout) {
        transactions.prepare(timeout);
        restart(timeout);
        thread.start();
    }

    /**
     * Gives up what is not committed and reads what Kafka knows. To be called when there is no connection.
     *
     * @param timeout how long to try
     * @throws TakenOverException if another process has the identity; the owner has been told
     * @throws BridgeStartException if Kafka does not answer; call it again then
     */
    public final synchronized void restart(Duration timeout) {
        giveUp();
        S known;
        try {
            known = transactions.open(timeout);
        } catch (TakenOverException e) {
            owner.fenced(e);
            throw e;
        }
        restored(known);
        broken = false;
        // Who woke it while it was broken woke it in vain.
        wakeUp.hurry();
    }

    /** Makes it look. Cheap if it is going to look anyway. */
    public final void wake() {
        wakeUp.raise();
    }

    /** Makes it look at once, and wait for no more. */
    protected final void hurry() {
        wakeUp.hurry();
    }

    /**
     * Makes sure that the identity is still ours; a connection would take the MQTT session over from who has it.
     *
     * @throws TakenOverException if another process has it; the owner has been told
     * @throws BridgeStartException if Kafka does not answer
     */
    public final void requireIdentity() {
        try {
            transactions.requireNotTakenOver(IDENTITY_TIMEOUT);
        } catch (TakenOverException e) {
            owner.fenced(e);
            throw e;
        }
    }

    /** Says whether {@link #restart} is due. */
    public final boolean isBroken() {
        return broken;
    }

    /** Says whether it has nothing that it could commit; after a transaction that went wrong it never has. */
    public final boolean isResting() {
        return broken || (resting && !wakeUp.isRaised());
    }

    /** Has it end; it may be in a transaction until {@link Transactions#close}. */
    protected final void end() {
        wakeUp.end();
    }

    /**
     * Waits for its end.
     *
     * @param patience how long; zero for as long as it takes
     * @throws InterruptedException if the waiting thread was interrupted
     */
    protected final void awaitEnd(Duration patience) throws InterruptedException {
        if (thread.getState() != Thread.State.NEW) {
            thread.join(patience.toMillis());
        }
    }

    // Its thread.

    @Override
    public final void run() {
        while (!wakeUp.isOver()) {
            if (broken || !wakeUp.isRaised()) {
                resting = true;
                LockSupport.park(this);
                continue;
            }
            resting = false;
            letGather();
            wakeUp.lower();
            if (guarded(this::commit)) {
                wakeUp.keepRaised();
            }
        }
        guarded(() -> {
            farewell();
            return false;
        });
        resting = true;
    }

    private void letGather() {
        long left;
        while (!wakeUp.isOver() && (left = dueNanos() - System.nanoTime()) > 0) {
            LockSupport.parkNanos(this, left);
        }
    }

    private boolean guarded(BooleanSupplier work) {
        try {
            return work.getAsBoolean();
        } catch (RuntimeException | Error e) {
            log.error(
                    "A transaction failed in a way that was not foreseen; it is given up, so that nothing is lost", e);
            if (isHopeless(e)) {
                hopeless(e);
            } else {
                fail(e);
            }
            return false;
        }
    }

    /**
     * Gives up everything that is not committed.
     *
     * @param cause why
     */
    public final void fail(Throwable cause) {
        broken = true;
        owner.outcomeUnknown(cause);
    }

    /**
     * Rests after a transaction that is not committed, and tells the owner.
     *
     * @param outcome how it has ended
     */
    protected final void broke(TransactionOutcome outcome) {
        Throwable cause = outcome.cause() == null ? new IllegalStateException("Kafka gave no reason") : outcome.cause();
        switch (outcome.kind()) {
            case HOPELESS -> hopeless(cause);
            case FENCED -> {
                // First the stop: a restart would take the identity back.
                owner.fenced(cause);
                broken = true;
            }
            case COMMITTED, ABORTED, UNKNOWN -> fail(cause);
        }
    }

    /** First the stop: a restart would begin it all again. */
    private void hopeless(Throwable cause) {
        owner.hopeless(cause);
        broken = true;
    }

    /**
     * Writes a transaction.
     *
     * @see Transactions#commit
     */
    protected final TransactionOutcome commit(List<PreparedRecord> records, Qos2Journal.Entry entry, boolean removes) {
        return transactions.commit(records, entry, removes);
    }
}
