package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.CommitLoop;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Refused;
import io.mqttkafka.bridge.core.kafka.Transactions;
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
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes durable messages and their packet ids to Kafka, many in one transaction.
 *
 * <p>It takes messages in the order of receipt and none before those ahead of it, so that transactions keep the order that
 * one producer would. A message that has to wait, because its topic is missing, say, holds up those behind it, which could
 * not be acknowledged before it anyway. What waits here is not acknowledged, so the receive window bounds it.
 */
final class TransactionCommitter extends CommitLoop<Qos2State> {
    /** Kafka answers a commit before it has written it everywhere, and makes a transaction that begins sooner wait for 20 ms. */
    private static final long REST_NANOS = 2_000_000;

    private final SourceSession session;
    private final TransactionOptions options;
    private final Failpoints failpoints;

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

    private long lastBegun;
    private long lastEnded;

    TransactionCommitter(
            String name,
            Transactions<Qos2State> transactions,
            SourceSession session,
            TransactionOptions options,
            Failpoints failpoints,
            Owner owner) {
        super(name, transactions, owner);
        this.session = session;
        this.options = options;
        this.failpoints = failpoints;
        lastEnded = System.nanoTime() - REST_NANOS;
        lastBegun = lastEnded - options.commitInterval().toNanos();
    }

    @Override
    protected void restored(Qos2State known) {
        if (uncertain != null && known.sequence() >= uncertainSequence) {
            // It was committed after all, and what it did needs no doing again.
            session.committed(uncertain, List.of());
        }
        uncertain = null;
        state = known;
        session.restore(known);
        gathered.set(0);
    }

    @Override
    protected void giveUp() {
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
            hurry();
        } else {
            wake();
        }
    }

    void stop() throws InterruptedException {
        end();
        awaitEnd(Duration.ZERO);
    }

    @Override
    protected boolean isHopeless(Throwable cause) {
        return restarts.exhausted();
    }

    /** Lets messages gather, unless there are enough; lets Kafka finish the last transaction in any case. */
    @Override
    protected long dueNanos() {
        long rested = lastEnded + REST_NANOS;
        long gatheredLongEnough = lastBegun + options.commitInterval().toNanos();
        boolean enough = gathered.get() >= options.commitRecords();
        return enough || gatheredLongEnough - rested < 0 ? rested : gatheredLongEnough;
    }

    @Override
    protected synchronized boolean commit() {
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
        if (isBroken() || (group.isEmpty() && change.isEmpty())) {
            return false;
        }
        lastBegun = System.nanoTime();
        if (change.newGeneration()) {
            failpoints.pass(Failpoint.BEFORE_GENERATION);
        }
        uncertain = change;
        uncertainSequence = state.sequence() + 1;
        TransactionOutcome outcome = commit(records, Qos2Journal.write(state, change), change.removes());
        lastEnded = System.nanoTime();
        switch (outcome.kind()) {
            case COMMITTED -> committed(group, deliveries, records, change);
            case ABORTED -> {
                uncertain = null;
                outcome.refused().forEach(refused -> refused(group, refused));
            }
            case UNKNOWN, HOPELESS, FENCED -> broke(outcome);
        }
        return !waiting.isEmpty();
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
