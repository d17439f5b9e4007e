package io.mqttkafka.bridge.core.session;

import static io.mqttkafka.bridge.core.session.Violation.Promise.ACKNOWLEDGED_IN_ORDER;

import io.mqttkafka.bridge.core.session.Packet.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * An MQTT 5 broker, reduced to one persistent session with one client.
 *
 * <p>It owes its client what the specification says: new packet ids only when they are free, no more unacknowledged
 * messages than the receive maximum, and on a kept session everything unacknowledged again, in the original order, under
 * the same ids and with DUP, before anything new. It frees a packet id as early as it may and likes to use it again at
 * once. What the client owes in return it checks with every packet.
 *
 * <p>It can also misbehave, in one way at a time, and besides send more than the receive maximum.
 */
final class ModelMqttBroker {
    /** How it treats its client. */
    enum Manner {
        CORRECT,
        /** Sends again without DUP. */
        REDELIVERS_WITHOUT_DUP,
        /** Now and then gives a message the id of one that is unacknowledged. */
        REUSES_IDS_IN_FLIGHT,
        /** While the client is away forgets messages that it has sent and that are unacknowledged. */
        EXPIRES_IN_FLIGHT
    }

    /** Which of the free packet ids it takes. */
    enum IdChoice {
        LOWEST_FREE,
        LAST_FREED,
        ROUND_ROBIN
    }

    private static final int MOST_IDS = 64;

    /** A message with a packet id. */
    private static final class InFlight {
        final int id;
        final Message message;

        /** Sent before on some connection. */
        boolean sentBefore;

        /** The packet it waits with now, PUBLISH or PUBREL, was sent on this connection. */
        boolean sent;

        /** It counts against the receive maximum of this connection. */
        boolean counted;

        /** PUBREC has come: the client owns it, and PUBREL is on. */
        boolean releasing;

        InFlight(int id, Message message) {
            this.id = id;
            this.message = message;
        }
    }

    private final Manner manner;
    private final IdChoice idChoice;
    private final boolean releasesCount;
    private final boolean greedy;

    private final Deque<Message> queue = new ArrayDeque<>();
    private final List<InFlight> inFlight = new ArrayList<>();
    private final Deque<Integer> freed = new ArrayDeque<>();
    private final BitSet usedIds = new BitSet();
    private final BitSet acknowledged = new BitSet();
    private int lastId;
    private int receiveMaximum;
    private int session;
    private boolean exists;
    private boolean subscribed;
    private int idsUsedAgain;

    /**
     * Makes a broker without a session.
     *
     * @param manner how it treats its client
     * @param idChoice which ids it takes
     * @param releasesCount whether a PUBREL from an earlier connection counts against the receive maximum
     * @param greedy whether it does not keep to the receive maximum
     */
    ModelMqttBroker(Manner manner, IdChoice idChoice, boolean releasesCount, boolean greedy) {
        this.manner = manner;
        this.idChoice = idChoice;
        this.releasesCount = releasesCount;
        this.greedy = greedy;
    }

    /** Takes a message from a publisher; false if no session is subscribed to it. */
    boolean publish(Message message) {
        return exists && subscribed && queue.add(message);
    }

    /** Accepts the client; true if there is a session already. */
    boolean connect(int clientReceiveMaximum) {
        receiveMaximum = clientReceiveMaximum;
        for (InFlight one : inFlight) {
            one.sent = false;
            one.counted = one.releasing && releasesCount;
        }
        boolean present = exists;
        if (!present) {
            exists = true;
            session++;
        }
        return present;
    }

    /** Says whether something sent on an earlier connection has not been sent on this one. */
    boolean sendsAgain() {
        return inFlight.stream().anyMatch(one -> !one.sent);
    }

    void subscribe() {
        subscribed = true;
    }

    /** Whether it has a session. */
    boolean exists() {
        return exists;
    }

    /** Loses the session with all that is in it. */
    void loseSession() {
        exists = false;
        subscribed = false;
        queue.clear();
        inFlight.clear();
        freed.clear();
        lastId = 0;
    }

    /** Which session this is, counted from 1. */
    int session() {
        return session;
    }

    /** The next packet it sends, or null if it has nothing that it may send. */
    Packet next() {
        int counted = 0;
        for (InFlight one : inFlight) {
            counted += one.counted ? 1 : 0;
        }
        for (InFlight one : inFlight) {
            // A PUBREL needs no room: it makes some.
            if (!one.sent && (one.releasing || greedy || counted < receiveMaximum)) {
                return send(one);
            }
        }
        if (queue.isEmpty() || (counted >= receiveMaximum && !greedy)) {
            return null;
        }
        int id = chooseId();
        if (id == 0) {
            return null;
        }
        InFlight one = new InFlight(id, queue.remove());
        inFlight.add(one);
        return send(one);
    }

    private Packet send(InFlight one) {
        one.sent = true;
        if (one.releasing) {
            return Packet.of(Type.PUBREL, one.id);
        }
        one.counted = true;
        boolean duplicate = one.sentBefore && manner != Manner.REDELIVERS_WITHOUT_DUP;
        one.sentBefore = true;
        return Packet.publish(one.id, one.message, duplicate);
    }

    private int chooseId() {
        if (manner == Manner.REUSES_IDS_IN_FLIGHT
                && !inFlight.isEmpty()
                && queue.element().number() % 3 == 0) {
            InFlight victim = inFlight.get(queue.element().number() % inFlight.size());
            if (!victim.releasing && victim.message.qos() == queue.element().qos()) {
                return victim.id;
            }
        }
        int id = 0;
        while (idChoice == IdChoice.LAST_FREED && id == 0 && !freed.isEmpty()) {
            int candidate = freed.pop();
            id = isFree(candidate) ? candidate : 0;
        }
        int start = idChoice == IdChoice.ROUND_ROBIN ? lastId : 0;
        for (int i = 0; id == 0 && i < MOST_IDS; i++) {
            int candidate = (start + i) % MOST_IDS + 1;
            id = isFree(candidate) ? candidate : 0;
        }
        lastId = id;
        if (usedIds.get(id)) {
            idsUsedAgain++;
        }
        usedIds.set(id);
        return id;
    }

    private boolean isFree(int id) {
        for (InFlight one : inFlight) {
            if (one.id == id) {
                return false;
            }
        }
        return true;
    }

    /** Takes a packet from the client. */
    void receive(Packet packet) {
        switch (packet.type()) {
            case PUBACK -> acknowledge(packet, 1);
            case PUBREC -> acknowledge(packet, 2);
            case PUBCOMP -> complete(packet.id());
            default -> throw new IllegalArgumentException(packet.toString());
        }
    }

    /** [MQTT-4.6.0-2] and [MQTT-4.6.0-3]: for each QoS, the oldest one sent on this connection is the next one. */
    private void acknowledge(Packet packet, int qos) {
        InFlight expected = null;
        InFlight named = null;
        for (InFlight one : inFlight) {
            if (one.message.qos() == qos && one.sent && !one.releasing) {
                expected = expected == null ? one : expected;
                named = named == null && one.id == packet.id() ? one : named;
            }
        }
        if (named == null) {
            throw new Violation(ACKNOWLEDGED_IN_ORDER, packet + " for an id that waits for no such packet");
        }
        if (named != expected && manner == Manner.CORRECT) {
            throw new Violation(ACKNOWLEDGED_IN_ORDER, packet + " before the one for id " + expected.id);
        }
        acknowledged.set(named.message.number());
        if (qos == 1) {
            free(named);
        } else {
            named.releasing = true;
            named.sent = false;
        }
    }

    private void complete(int id) {
        for (InFlight one : inFlight) {
            if (one.id == id && one.releasing && one.sent) {
                free(one);
                return;
            }
        }
        throw new Violation(ACKNOWLEDGED_IN_ORDER, "PUBCOMP id " + id + " without a PUBREL");
    }

    private void free(InFlight one) {
        inFlight.remove(one);
        freed.push(one.id);
    }

    /** Forgets one message that it has sent, if that is its manner. */
    boolean forgetOne(int which) {
        if (manner != Manner.EXPIRES_IN_FLIGHT || inFlight.isEmpty()) {
            return false;
        }
        InFlight victim = inFlight.get(which % inFlight.size());
        if (victim.releasing || !victim.sentBefore) {
            return false;
        }
        free(victim);
        return true;
    }

    /** Whether the client has acknowledged it, as far as the broker knows. */
    boolean isAcknowledged(int number) {
        return acknowledged.get(number);
    }

    /** Messages that it still has, queued or in flight. */
    List<Message> kept() {
        List<Message> kept = new ArrayList<>();
        inFlight.forEach(one -> kept.add(one.message));
        kept.addAll(queue);
        return kept;
    }

    int idsUsedAgain() {
        return idsUsedAgain;
    }
}
