package io.mqttkafka.bridge.core.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * What the simulation tests: a {@link SourceSession}, and the state of QoS 2 that the bridge takes to be the committed one.
 * The mutants of {@link MutantsTest} are perverted ones.
 */
class Subject {
    /** Makes what a process of the bridge remembers. */
    interface Factory {
        Subject start(Process process);
    }

    /**
     * What a process of the bridge is given.
     *
     * @param number which one it is, from 1
     * @param durable whether packet ids go to Kafka
     * @param acknowledgeable wakes the acknowledger
     * @param changeable wakes the committer
     */
    record Process(int number, boolean durable, Runnable acknowledgeable, Runnable changeable) {}

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
    private final boolean durable;
    private Qos2State state = new Qos2State();
    private Qos2Change uncertain;

    Subject(Process process) {
        durable = process.durable();
        session = new SourceSession(process.acknowledgeable(), process.changeable(), CAPACITY);
    }

    /** Whose state it writes and reads. */
    String clientId() {
        return "client";
    }

    /** Reads what Kafka knows: at the start, and when nobody knows how a transaction ended. */
    void restore(ModelTransactions kafka) {
        long known = state.sequence();
        state = Qos2Journal.read(kafka.read(clientId()));
        if (uncertain != null && state.sequence() > known) {
            session.committed(uncertain, List.of());
        }
        uncertain = null;
        session.restore(state);
    }

    /** What it takes for the ids that Kafka knows. */
    final Qos2State state() {
        return state;
    }

    /** What a transaction of these messages is to change in the state. */
    Qos2Change change(List<Delivery> deliveries) {
        return session.change(deliveries);
    }

    void committed(Qos2Change change, List<Delivery> deliveries) {
        state.apply(change);
        session.committed(change, deliveries);
    }

    void aborted(Qos2Change change) {}

    /** Nobody knows whether it was committed; it restores next. */
    final void unknown(Qos2Change change) {
        uncertain = change;
    }

    /** Whether it must not subscribe yet. */
    boolean generationDue() {
        return session.generationDue();
    }

    void connecting() {
        session.connecting();
    }

    void subscribing() {
        session.subscribing();
    }

    boolean forgettingDue() {
        return session.forgettingDue();
    }

    void connected(boolean sessionPresent) {
        session.connected(sessionPresent);
    }

    /** Whether the bridge reads another message. */
    boolean hasRoom(int receiveMaximum) {
        return session.hasRoom(receiveMaximum);
    }

    /** Null if an earlier copy stands for it. */
    Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
        return session.published(id, qos, duplicate, fingerprint, routes, durable && qos == 2 && routes > 0, nowNanos);
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

    /** Whether a producer writes nothing more after a record whose outcome nobody knows. */
    boolean closesProducer() {
        return true;
    }

    /** Gives up what has to come again before there is another producer. */
    void giveUpPlain() {
        session.giveUpPlain();
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
