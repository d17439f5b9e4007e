package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.TakenOverException;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Refused;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.Qos2Change;
import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes durable messages and their packet ids to Kafka, many in one transaction.
 *
 * <p>It takes messages in the order of receipt and none before those ahead of it, so that transactions keep the order that
 * one producer would. A message that has to wait, because its topic is missing, say, holds up those behind it, which could
 * not be acknowledged before it anyway. What waits here is not acknowledged, so the receive window bounds it.
 */
final class TransactionCommitter implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(TransactionCommitter.class);

    /** Kafka answers a commit before it has written it everywhere, and makes a transaction that begins sooner wait for 20 ms. */
    private static final long REST_NANOS = 2_000_000;

    /** What the committer tells its owner. */
    interface Owner {
        /** Nobody knows how the last transaction ended: {@link #restart} once nothing is received any more. */
        void outcomeUnknown(Throwable cause);

        /** Another process writes under our identity. */
        void fenced(Throwable cause);

        /** No transaction comes about, however often they are started afresh. */
        void hopeless(Throwable cause);
    }

    private final ProducerTransactions sink;
    private final SourceSession session;
    private final TransactionOptions options;
    private final Failpoints failpoints;
    private final Owner owner;
    private final Thread thread;

    /** Messages in the order of receipt, not seen by the committing thread yet. */
    private final Queue<TransactionUnit> incoming = new ConcurrentLinkedQueue<>();

    /** How many messages have become complete since the last transaction began. */
    private final AtomicInteger gathered = new AtomicInteger();

    /** How often in a row this has failed for a reason that was not foreseen. */
    private final Restarts restarts = new Restarts();

    /** Messages in the order of receipt. Guarded by this. */
    private final Deque<TransactionUnit> waiting = new ArrayDeque<>();

    /** What Kafka knows. Guarded by this. */
    private Qos2State state = new Qos2State();

    /** The change of the last transaction while its end is not known. Guarded by this. */
    private @Nullable Qos2Change uncertain;

    /** The sequence number that the state has if that transaction is committed. Guarded by this. */
    private long uncertainSequence;

    /** Whether nothing may be written before a restart. */
    private volatile boolean broken;

    /** Whether something may have become ready that has not been looked at. */
    private volatile boolean signalled;

    private volatile boolean resting;
    private volatile boolean stopped;
    private long lastBegun;
    private long lastEnded;

    TransactionCommitter(
            String name,
            ProducerTransactions sink,
            SourceSession session,
            TransactionOptions options,
            Failpoints failpoints,
            Owner owner) {
        this.sink = sink;
        this.session = session;
        this.options = options;
        this.failpoints = failpoints;
        this.owner = owner;
        thread = new Thread(this, name);
        thread.setDaemon(true);
        lastEnded = System.nanoTime() - REST_NANOS;
        lastBegun = lastEnded - options.commitInterval().toNanos();
    }

    /**
     * Takes the identity over and reads what Kafka knows; for the start, before the first message.
     *
     * @throws io.mqttkafka.bridge.error.BridgeStartException if that is not possible
     */
    void open(Duration timeout) {
        sink.prepare(timeout);
        restart(timeout);
        thread.start();
    }

    /**
     * Gives up every message that is not committed and reads what Kafka knows. To be called when nothing is received.
     *
     * @throws TakenOverException if another process has the identity; the owner has been told
     * @throws io.mqttkafka.bridge.error.BridgeStartException if Kafka does not answer; call it again then
     */
    synchronized void restart(Duration timeout) {
        giveUpWaiting();
        Qos2State known;
        try {
            known = sink.open(timeout);
        } catch (TakenOverException e) {
            owner.fenced(e);
            throw e;
        }
        if (uncertain != null && known.sequence() >= uncertainSequence) {
            // It was committed after all, and what it did needs no doing again.
            session.committed(uncertain, List.of());
        }
        uncertain = null;
        state = known;
        session.restore(known);
        gathered.set(0);
        broken = false;
        // Who woke it while it was broken woke it in vain.
        signalled = true;
        LockSupport.unpark(thread);
    }

    private void giveUpWaiting() {
        drainIncoming();
        IllegalStateException cause = new IllegalStateException("the transaction has not been committed");
        for (TransactionUnit unit : waiting) {
            unit.delivery.fail();
            unit.giveUp().forEach(record -> record.pending().abandoned(cause));
        }
        waiting.clear();
    }

    /** Takes a message in; in the order of receipt. */
    void add(TransactionUnit unit) {
        incoming.add(unit);
    }

    /** Tells that a message is complete. */
    void completed() {
        if (gathered.incrementAndGet() == options.commitRecords()) {
            signalled = true;
            LockSupport.unpark(thread);
        } else {
            wake();
        }
    }

    /** Makes it look. Cheap if it is going to look anyway. */
    void wake() {
        if (!signalled) {
            signalled = true;
            LockSupport.unpark(thread);
        }
    }

    /** Gives up everything that is not committed, because of a mistake of ours. */
    void fail(Throwable cause) {
        broken = true;
        owner.outcomeUnknown(cause);
    }

    /**
     * Says why the next connection must not be made: it would take the session over from a bridge that has the identity now,
     * and acknowledge by what was known before. To be called when there is no connection.
     *
     * @return the reason, or null; the owner has been told if there is another bridge
     */
    @Nullable
    CloseReason obstacle() {
        if (broken) {
            // It broke after it was last looked at; that it told us is forgotten by now.
            return CloseReason.of("a transaction of Kafka's client failed", null);
        }
        return ConnectionSupervisor.identityTaken(sink, owner::fenced);
    }

    /** Says whether {@link #restart} is due. */
    boolean isBroken() {
        return broken;
    }

    /** Says whether it has nothing that it could commit; after a transaction that went wrong it never has. */
    boolean isResting() {
        return broken || (resting && !signalled);
    }

    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    @Override
    public void run() {
        while (!stopped) {
            if (broken || !signalled) {
                resting = true;
                LockSupport.park(this);
                continue;
            }
            resting = false;
            awaitInterval();
            signalled = false;
            try {
                if (commitGroup()) {
                    signalled = true;
                }
            } catch (RuntimeException | Error e) {
                log.error(
                        "A transaction failed in a way that was not foreseen; it is given up, so that nothing is lost",
                        e);
                if (restarts.exhausted()) {
                    hopeless(e);
                } else {
                    fail(e);
                }
            }
        }
        resting = true;
    }

    /** Lets messages gather, unless there are enough; lets Kafka finish the last transaction in any case. */
    private void awaitInterval() {
        long left;
        while (!stopped && (left = due() - System.nanoTime()) > 0) {
            LockSupport.parkNanos(this, left);
        }
    }

    private long due() {
        long rested = lastEnded + REST_NANOS;
        long gatheredLongEnough = lastBegun + options.commitInterval().toNanos();
        boolean enough = gathered.get() >= options.commitRecords();
        return enough || gatheredLongEnough - rested < 0 ? rested : gatheredLongEnough;
    }

    /** Commits what is ready; true if more may be. */
    private synchronized boolean commitGroup() {
        gathered.set(0);
        drainIncoming();
        int most = Math.min(waiting.size(), options.commitRecords());
        List<TransactionUnit> group = new ArrayList<>(most);
        List<Delivery> deliveries = new ArrayList<>(most);
        List<PreparedRecord> records = new ArrayList<>(most);
        for (TransactionUnit unit : waiting) {
            if (records.size() >= options.commitRecords() || !unit.addTo(records)) {
                break;
            }
            group.add(unit);
            deliveries.add(unit.delivery);
        }
        Qos2Change change = session.change(deliveries);
        if (broken || (group.isEmpty() && change.isEmpty())) {
            return false;
        }
        lastBegun = System.nanoTime();
        if (change.newGeneration()) {
            failpoints.pass(Failpoint.BEFORE_GENERATION);
        }
        uncertain = change;
        uncertainSequence = state.sequence() + 1;
        TransactionOutcome outcome = sink.commit(records, Qos2Journal.write(state, change), change.removes());
        lastEnded = System.nanoTime();
        switch (outcome.kind()) {
            case COMMITTED -> committed(group, deliveries, records, change);
            case ABORTED -> {
                uncertain = null;
                outcome.refused().forEach(refused -> refused(group, refused));
            }
            case UNKNOWN -> fail(cause(outcome));
            case HOPELESS -> hopeless(cause(outcome));
            case FENCED -> {
                // First the stop: a restart would take the identity back.
                owner.fenced(cause(outcome));
                broken = true;
            }
        }
        return !waiting.isEmpty();
    }

    /** First the stop: a restart would begin it all again. */
    private void hopeless(Throwable cause) {
        owner.hopeless(cause);
        broken = true;
    }

    private static Throwable cause(TransactionOutcome outcome) {
        Throwable cause = outcome.cause();
        return cause == null ? new IllegalStateException("Kafka gave no reason") : cause;
    }

    private void committed(
            List<TransactionUnit> group, List<Delivery> deliveries, List<PreparedRecord> records, Qos2Change change) {
        failpoints.pass(Failpoint.COMMITTED);
        if (change.removes()) {
            failpoints.pass(Failpoint.REMOVED);
        }
        if (change.newGeneration()) {
            failpoints.pass(Failpoint.GENERATION_COMMITTED);
        }
        state.apply(change);
        for (TransactionUnit unit : group) {
            waiting.poll();
            unit.committed();
        }
        restarts.progress();
        records.forEach(record -> record.pending().committed());
        session.committed(change, deliveries);
        uncertain = null;
    }

    private void refused(List<TransactionUnit> group, Refused refused) {
        PendingRecord pending = refused.record().pending();
        for (TransactionUnit unit : group) {
            if (unit.takeBack(pending)) {
                pending.refused(refused.failure());
                return;
            }
        }
    }

    private void drainIncoming() {
        TransactionUnit unit;
        while ((unit = incoming.poll()) != null) {
            waiting.add(unit);
        }
    }
}
