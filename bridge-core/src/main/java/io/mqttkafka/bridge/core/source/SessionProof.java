package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a new connection waits for before it subscribes, so that no packet id of the session before is taken for one of this. */
final class SessionProof {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final SourceSession session;
    private final @Nullable TransactionCommitter committer;
    private final ConnectionSupervisor supervisor;
    private volatile boolean awaitsKafka;

    SessionProof(SourceSession session, @Nullable TransactionCommitter committer, ConnectionSupervisor supervisor) {
        this.session = session;
        this.committer = committer;
        this.supervisor = supervisor;
    }

    /** Says whether it waits for Kafka now. By any thread. */
    boolean awaitsKafka() {
        return awaitsKafka;
    }

    /** A broker that has kept the session sends again at once; ids that it does not prove in time lose their meaning. */
    void awaitRedelivery() throws MqttConnectException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (session.inDoubt() && System.nanoTime() < deadline) {
            requireGoingOn();
            Drain.tick();
        }
    }

    /** Ids that have lost their meaning must be void in Kafka before what is subscribed can use them again. */
    void awaitVoidIds() throws MqttConnectException, InterruptedException {
        if (committer == null) {
            return;
        }
        committer.wake();
        awaitsKafka = true;
        try {
            while (session.generationDue() || session.forgettingDue()) {
                requireGoingOn();
                Drain.tick();
            }
        } finally {
            awaitsKafka = false;
        }
    }

    private void requireGoingOn() throws MqttConnectException {
        if (supervisor.closed() != null || supervisor.ending()) {
            throw new MqttConnectException(
                    MqttConnectException.Kind.UNREACHABLE,
                    "the connection ended before Kafka knew which packet ids are void",
                    null);
        }
    }
}
