package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.TakenOverException;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.OutboxChange;
import io.mqttkafka.bridge.core.session.OutboxJournal;
import io.mqttkafka.bridge.core.session.OutboxState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes to Kafka what the {@link Outbox} has to remember, for many messages in one transaction, and lets go
 * what waited for it.
 */
final class OutboxCommitter implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(OutboxCommitter.class);
    private static final Duration LONGEST_FAREWELL = Duration.ofSeconds(5);

    /** What the committer tells its owner. */
    interface Owner {
        /** Nobody knows how the last transaction ended: {@link #restart} once there is no connection any more. */
        void outcomeUnknown(Throwable cause);

        /** Another process writes under our identity. */
        void fenced(Throwable cause);

        /** No transaction comes about, however often they are started afresh. */
        void hopeless(Throwable cause);

        /** Messages may have been handed to the connection. */
        void flush();
    }

    private final ProducerTransactions sink;
    private final Outbox outbox;
    private final TransactionOptions options;
    private final Failpoints failpoints;
    private final Owner owner;
    private final Thread thread;

    /** What Kafka knows. Guarded by this. */
    private OutboxState state = new OutboxState();

    /** Whether nothing may be written before a restart. */
    private volatile boolean broken;

    /** Whether something may wait that has not been looked at. */
    private volatile boolean signalled;

    private volatile boolean stopped;

    /** Whether there is no time to write what nobody waits for. */
    private volatile boolean hurried;

    private long lastBegun;

    OutboxCommitter(
            String name,
            ProducerTransactions sink,
            Outbox outbox,
            TransactionOptions options,
            Failpoints failpoints,
            Owner owner) {
        this.sink = sink;
        this.outbox = outbox;
        this.options = options;
        this.failpoints = failpoints;
        this.owner = owner;
        thread = new Thread(this, name);
        thread.setDaemon(true);
        lastBegun = System.nanoTime() - options.commitInterval().toNanos();
    }

    /**
     * Takes the identity over and reads what Kafka knows; for the start, before the first connection.
     *
     * @return whether the first connection has to begin a new MQTT session
     * @throws io.mqttkafka.bridge.error.BridgeStartException if that is not possible
     */
    boolean open(Duration timeout) {
        sink.prepare(timeout);
        restart(timeout);
        thread.start();
        synchronized (this) {
            return Outbox.needsNewSession(state);
        }
    }

    /**
     * Reads what Kafka knows. To be called when there is no connection.
     *
     * @throws TakenOverException if another process has the identity; the owner has been told
     * @throws io.mqttkafka.bridge.error.BridgeStartException if Kafka does not answer; call it again then
     */
    synchronized void restart(Duration timeout) {
        try {
            state = sink.openOutbox(timeout);
        } catch (TakenOverException e) {
            owner.fenced(e);
            throw e;
        }
        outbox.restore(state);
        broken = false;
        // Who woke it while it was broken woke it in vain.
        signalled = true;
        LockSupport.unpark(thread);
    }

    /** Makes it look. Cheap if it is going to look anyway. */
    void wake() {
        if (!signalled) {
            signalled = true;
            LockSupport.unpark(thread);
        }
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

    /** Ends; what nobody waits for is written if that does not take long. There must be no connection any more. */
    void stop(Duration timeout) throws InterruptedException {
        Duration patience = timeout.compareTo(LONGEST_FAREWELL) < 0 ? timeout : LONGEST_FAREWELL;
        hurried = patience.isZero();
        stopped = true;
        LockSupport.unpark(thread);
        if (!hurried) {
            thread.join(patience.toMillis());
        }
        // This ends a transaction that Kafka does not, uncommitted.
        sink.close(Duration.ZERO);
        if (thread.getState() != Thread.State.NEW) {
            thread.join();
        }
    }

    @Override
    public void run() {
        while (!stopped) {
            if (broken || !signalled) {
                LockSupport.park(this);
                continue;
            }
            awaitInterval();
            signalled = false;
            guarded(false);
        }
        if (!hurried) {
            guarded(true);
        }
    }

    private void guarded(boolean everything) {
        try {
            commit(everything);
        } catch (RuntimeException | Error e) {
            log.error("A transaction failed in a way that was not foreseen; what Kafka knows is read again", e);
            fail(e);
        }
    }

    private void fail(Throwable cause) {
        broken = true;
        owner.outcomeUnknown(cause);
    }

    /** Lets news gather, unless there is enough. */
    private void awaitInterval() {
        long due = lastBegun + options.commitInterval().toNanos();
        long left;
        while (!stopped && outbox.waiting() < options.commitRecords() && (left = due - System.nanoTime()) > 0) {
            LockSupport.parkNanos(this, left);
        }
    }

    private synchronized void commit(boolean everything) {
        if (broken) {
            return;
        }
        OutboxChange change = outbox.change();
        if (change.isEmpty() || !(everything || change.isAwaited())) {
            return;
        }
        lastBegun = System.nanoTime();
        pass(change, Failpoint.BEFORE_ASSIGNMENT, Failpoint.BEFORE_RELEASE);
        TransactionOutcome outcome = sink.commit(List.of(), OutboxJournal.write(state, change), false);
        switch (outcome.kind()) {
            case COMMITTED -> {
                failpoints.pass(Failpoint.COMMITTED);
                pass(change, Failpoint.ASSIGNED, Failpoint.RELEASE_COMMITTED);
                state.apply(change);
                outbox.committed(change);
                owner.flush();
            }
            case FENCED -> {
                // First the stop: a restart would take the identity back.
                owner.fenced(cause(outcome));
                broken = true;
            }
            case HOPELESS -> {
                // As above.
                owner.hopeless(cause(outcome));
                broken = true;
            }
            // It holds no records that could be refused one by one, so it was not ended for a reason that goes away.
            case ABORTED, UNKNOWN -> fail(cause(outcome));
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

    private static Throwable cause(TransactionOutcome outcome) {
        Throwable cause = outcome.cause();
        return cause == null ? new IllegalStateException("Kafka gave no reason") : cause;
    }
}
