package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.session.PublishTraffic;
import org.jspecify.annotations.Nullable;

/**
 * The messages of all routes that publish on one connection, whether exactly once or not, and the counts of both kinds
 * together.
 */
final class SinkTraffic implements PublishTraffic {
    final PublishSession session;

    /** Null if no route publishes exactly once. */
    final @Nullable Outbox outbox;

    /** Whether messages of QoS 1, or of QoS 2 but not exactly once, share the connection with those of the outbox. */
    private final boolean shared;

    private final Failpoints failpoints;

    SinkTraffic(PublishSession session, @Nullable Outbox outbox, boolean shared, Failpoints failpoints) {
        this.failpoints = failpoints;
        this.session = session;
        this.outbox = outbox;
        this.shared = shared;
    }

    /** Begins a connection on which the broker takes so many messages at a time, half of them of either kind. */
    void connected(boolean sessionPresent, int receiveMaximum, PublishSession.Packets packets) {
        int forOutbox = shared ? (receiveMaximum + 1) / 2 : receiveMaximum;
        session.connected(sessionPresent, shared ? receiveMaximum - forOutbox : receiveMaximum, packets);
        if (outbox != null) {
            outbox.connected(sessionPresent, forOutbox, packets);
        }
    }

    // Answers: each goes to whom its packet id belongs.

    void puback(int packetId, int reasonCode) {
        if (outbox != null && Outbox.owns(packetId)) {
            outbox.puback(packetId);
        } else {
            session.puback(packetId, reasonCode);
        }
    }

    /** Returns whether something may wait to be written that nobody else hurries. */
    boolean pubrec(int packetId, int reasonCode) {
        if (outbox != null && Outbox.owns(packetId)) {
            failpoints.pass(Failpoint.TAKEN_OVER);
            outbox.pubrec(packetId, reasonCode);
            return true;
        }
        session.pubrec(packetId, reasonCode);
        return false;
    }

    /** Returns whether something may wait to be written that nobody else hurries. */
    boolean pubcomp(int packetId) {
        if (outbox != null && Outbox.owns(packetId)) {
            failpoints.pass(Failpoint.COMPLETED);
            outbox.pubcomp(packetId);
            return true;
        }
        session.pubcomp(packetId);
        return false;
    }

    void disconnected() {
        session.disconnected();
        if (outbox != null) {
            outbox.disconnected();
        }
    }

    /** Sends what waits for the end of a pause that the broker has asked for. */
    void resume() {
        session.resume();
        if (outbox != null) {
            outbox.resume();
        }
    }

    /** Counts the messages of an earlier process whose packet ids were given up. */
    long givenUp() {
        return outbox == null ? 0 : outbox.givenUp();
    }

    @Override
    public int unfinished() {
        return session.unfinished() + (outbox == null ? 0 : outbox.unfinished());
    }

    @Override
    public long bytes() {
        return session.bytes() + (outbox == null ? 0 : outbox.bytes());
    }

    @Override
    public long oldestAge(long nowNanos) {
        long oldest = session.oldestAge(nowNanos);
        return outbox == null ? oldest : Math.max(oldest, outbox.oldestAge(nowNanos));
    }

    @Override
    public boolean awaitsBroker() {
        return session.awaitsBroker() || (outbox != null && outbox.awaitsBroker());
    }

    @Override
    public int onWire() {
        return session.onWire() + (outbox == null ? 0 : outbox.onWire());
    }

    @Override
    public long answers() {
        return session.answers() + (outbox == null ? 0 : outbox.answers());
    }

    @Override
    public long finished() {
        return session.finished() + (outbox == null ? 0 : outbox.finished());
    }

    @Override
    public long resent() {
        return session.resent() + (outbox == null ? 0 : outbox.resent());
    }
}
