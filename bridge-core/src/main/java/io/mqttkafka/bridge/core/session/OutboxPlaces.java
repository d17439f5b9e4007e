package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;

/**
 * The places that the MQTT broker has for messages of the {@link Outbox} at a time, and who takes them: what is on the wire, what
 * the broker may hold since an earlier connection, and whose packet ids may be assigned in Kafka. Guarded by the outbox.
 */
final class OutboxPlaces {
    private final SendPace pace;
    private int limit;
    private int onWire;
    private int held;
    private int granted;

    OutboxPlaces(SendPace pace) {
        this.pace = pace;
    }

    /** Begins a connection with so many places, of which none is taken. */
    void begin(int places) {
        limit = places;
        end();
    }

    /** Ends the connection; what it says of each message is forgotten by the caller. */
    void end() {
        onWire = 0;
        held = 0;
    }

    // What the broker has no place for is not assigned in Kafka: all that is restored may have been sent then.

    boolean mayGrant() {
        return granted < limit;
    }

    void grant(OutboxEntry one) {
        if (one.wanted == Phase.ASSIGNED && !one.granted) {
            one.granted = true;
            granted++;
        }
    }

    void ungrant(OutboxEntry one) {
        if (one.granted) {
            one.granted = false;
            granted--;
        }
    }

    /** It is sent, or goes on, on this connection. */
    void take(OutboxEntry one) {
        one.onWire = true;
        onWire++;
    }

    /** A broker may count it, though MQTT says that it begins to count anew. */
    void hold(OutboxEntry one) {
        one.held = true;
        held++;
    }

    void unhold(OutboxEntry one) {
        if (one.held) {
            one.held = false;
            held--;
        }
    }

    void leave(OutboxEntry one) {
        if (one.onWire) {
            one.onWire = false;
            onWire--;
        }
        unhold(one);
    }

    boolean isRoomFor(OutboxEntry one) {
        if (isFull()) {
            return false;
        }
        if (!one.held) {
            return onWire + held < limit;
        }
        // Which of them the broker has is not known, so none may go beyond. It may hold more if it takes fewer than it
        // did.
        return onWire + held <= limit || held > limit;
    }

    /** Says whether nothing more may leave for now. */
    boolean isFull() {
        return onWire >= pace.limit(limit);
    }

    /** Says whether what an earlier connection has left takes every place, and nothing moves. */
    boolean isHeldUp() {
        return onWire == 0 && held >= limit;
    }

    int onWire() {
        return onWire;
    }

    int held() {
        return held;
    }

    int limit() {
        return limit;
    }
}
