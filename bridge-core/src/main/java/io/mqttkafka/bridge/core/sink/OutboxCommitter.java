package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.CommitLoop;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.OutboxChange;
import io.mqttkafka.bridge.core.session.OutboxJournal;
import io.mqttkafka.bridge.core.session.OutboxState;
import java.time.Duration;
import java.util.List;

/**
 * The thread that writes to Kafka what the {@link Outbox} has to remember, for many messages in one transaction, and lets go
 * what waited for it.
 */
final class OutboxCommitter extends CommitLoop<OutboxState> {
    private static final Duration LONGEST_FAREWELL = Duration.ofSeconds(5);

    /** Whose outbox it is. */
    interface Owner extends CommitLoop.Owner {
        /** Messages may have been handed to the connection. */
        void flush();
    }

    private final Transactions<OutboxState> transactions;
    private final Outbox outbox;
    private final TransactionOptions options;
    private final Failpoints failpoints;
    private final Owner owner;

    /** What Kafka knows. Guarded by this. */
    private OutboxState state = new OutboxState();

    /** Whether there is no time to write what nobody waits for. */
    private volatile boolean hurried;

    private long lastBegun;

    OutboxCommitter(
            String name,
            Transactions<OutboxState> transactions,
            Outbox outbox,
            TransactionOptions options,
            Failpoints failpoints,
            Owner owner) {
        super(name, transactions, owner);
        this.transactions = transactions;
        this.outbox = outbox;
        this.options = options;
        this.failpoints = failpoints;
        this.owner = owner;
        lastBegun = System.nanoTime() - options.commitInterval().toNanos();
    }

    /** Says whether the first connection has to begin a new MQTT session; after the begin. */
    synchronized boolean needsNewSession() {
        return Outbox.needsNewSession(state);
    }

    @Override
    protected void restored(OutboxState known) {
        state = known;
        outbox.restore(known);
    }

    /** Ends; what nobody waits for is written if that does not take long. There must be no connection any more. */
    void stop(Duration timeout) throws InterruptedException {
        Duration patience = timeout.compareTo(LONGEST_FAREWELL) < 0 ? timeout : LONGEST_FAREWELL;
        hurried = patience.toMillis() == 0;
        end();
        if (!hurried) {
            awaitEnd(patience);
        }
        // This ends a transaction that Kafka does not, uncommitted.
        transactions.close(Duration.ZERO);
        awaitEnd(Duration.ZERO);
    }

    @Override
    protected void farewell() {
        if (!hurried) {
            commit(true);
        }
    }

    /** Lets news gather, unless there is enough. */
    @Override
    protected long dueNanos() {
        return outbox.waiting() < options.commitRecords()
                ? lastBegun + options.commitInterval().toNanos()
                : lastBegun;
    }

    @Override
    protected boolean commit() {
        commit(false);
        return false;
    }

    private synchronized void commit(boolean everything) {
        if (isBroken()) {
            return;
        }
        OutboxChange change = outbox.change();
        if (change.isEmpty() || !(everything || change.isAwaited())) {
            return;
        }
        lastBegun = System.nanoTime();
        pass(change, Failpoint.BEFORE_ASSIGNMENT, Failpoint.BEFORE_RELEASE);
        TransactionOutcome outcome = commit(List.of(), OutboxJournal.write(state, change), false);
        switch (outcome.kind()) {
            case COMMITTED -> {
                failpoints.pass(Failpoint.COMMITTED);
                pass(change, Failpoint.ASSIGNED, Failpoint.RELEASE_COMMITTED);
                state.apply(change);
                outbox.committed(change);
                owner.flush();
            }
            // It holds no records that could be refused one by one, so it was not ended for a reason that goes away.
            case ABORTED, UNKNOWN, HOPELESS, FENCED -> broke(outcome);
        }
    }

    private void pass(OutboxChange change, Failpoint assigns, Failpoint releases) {
        if (change.assigns()) {
            failpoints.pass(assigns);
        }
        if (change.releases()) {
            failpoints.pass(releases);
        }
    }
}
