package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last moments of a connection that is closed in order: what is in flight is given the time to be confirmed and acknowledged. */
final class Drain {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LAST_ACKNOWLEDGEMENTS_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String clientId;
    private final SourceSession session;
    private final InFlightWindow window;
    private final KafkaSide kafka;
    private final @Nullable TransactionCommitter committer;
    private final Acknowledger acknowledger;

    /** Says whether the connection has ended by itself. */
    private final BooleanSupplier closed;

    Drain(
            String clientId,
            SourceSession session,
            InFlightWindow window,
            KafkaSide kafka,
            @Nullable TransactionCommitter committer,
            Acknowledger acknowledger,
            BooleanSupplier closed) {
        this.clientId = clientId;
        this.session = session;
        this.window = window;
        this.kafka = kafka;
        this.committer = committer;
        this.acknowledger = acknowledger;
        this.closed = closed;
    }

    /** Waits for what is in flight. */
    void awaitMessages(long deadline) throws InterruptedException {
        while ((session.unacknowledged() > 0 || window.inFlight() > 0)
                && System.nanoTime() < deadline
                && !closed.getAsBoolean()) {
            tick();
        }
    }

    /** What is ready is committed, also on a stop: it came before the message that failed. */
    void awaitTransactions(long deadline) throws InterruptedException {
        while (committer != null && !committer.isResting() && System.nanoTime() < deadline && !closed.getAsBoolean()) {
            tick();
        }
    }

    /** Ends the Kafka side, and waits for the acknowledgements of what that has confirmed. */
    void finish(long deadline) throws InterruptedException {
        kafka.sender().close(left(deadline));
        kafka.closeTransactions(left(deadline));
        long last = System.nanoTime() + LAST_ACKNOWLEDGEMENTS_NANOS;
        while ((session.owesAcknowledgement() || acknowledger.isBusy())
                && System.nanoTime() < last
                && !closed.getAsBoolean()) {
            tick();
        }
        int unacknowledged = session.unacknowledged();
        if (unacknowledged > 0) {
            log.warn(
                    "'{}' leaves {} messages unacknowledged; the MQTT broker delivers them again",
                    clientId,
                    unacknowledged);
        }
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    static void tick() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        LockSupport.parkNanos(TICK_NANOS);
    }
}
