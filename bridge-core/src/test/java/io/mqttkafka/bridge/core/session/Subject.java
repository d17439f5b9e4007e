package io.mqttkafka.bridge.core.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What the simulation tests: a {@link SourceSession}. The mutants of {@link MutantsTest} are perverted ones. */
class Subject {
    /** Makes what a process of the bridge remembers. */
    interface Factory {
        Subject start(int receiveMaximum, Runnable acknowledgeable);
    }

    /** More than a schedule has messages, and little enough for a simulation that connects a million times. */
    private static final int CAPACITY = 64;

    private static final VarHandle QOS2;

    static {
        try {
            QOS2 = MethodHandles.privateLookupIn(SourceSession.class, MethodHandles.lookup())
                    .findVarHandle(SourceSession.class, "qos2", Qos2Ledger.class);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("SourceSession no longer has a Qos2Ledger named qos2", e);
        }
    }

    protected final SourceSession session;

    Subject(int receiveMaximum, Runnable acknowledgeable) {
        session = new SourceSession(acknowledgeable, () -> {}, CAPACITY);
    }

    void connecting() {
        session.connecting();
    }

    void connected(boolean sessionPresent) {
        session.connected(sessionPresent);
    }

    /** Null if an earlier copy stands for it. */
    Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
        return session.published(id, qos, duplicate, fingerprint, routes, false, nowNanos);
    }

    /** Whether the pipeline is to send it to this route. */
    boolean isOpen(Delivery delivery, int route) {
        return delivery.isOpen(route);
    }

    void released(int id) {
        session.released(id);
    }

    void done(Delivery delivery, int route) {
        if (delivery.settle(route)) {
            session.settled(delivery);
        }
    }

    /** Whether the connection has to be dropped. */
    boolean failed(Delivery delivery) {
        return session.failed(delivery);
    }

    int acknowledge(SourceSession.Acknowledgements out, int most) {
        return session.acknowledge(out, most);
    }

    void disconnected() {
        session.disconnected();
    }

    final int unacknowledged() {
        return session.unacknowledged();
    }

    final boolean owesAcknowledgement() {
        return session.owesAcknowledgement();
    }

    final long suppressed() {
        return session.suppressed();
    }

    /** Packet ids of QoS 2 that it remembers. */
    final int remembered() {
        return ((Qos2Ledger) QOS2.get(session)).size();
    }
}
