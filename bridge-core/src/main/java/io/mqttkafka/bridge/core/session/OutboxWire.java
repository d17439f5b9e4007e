package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import org.jspecify.annotations.Nullable;

/**
 * What of the {@link Outbox} leaves by the present connection, and in which order: messages whose packet ids Kafka knows, as far
 * as the broker has places for them, and releases. Guarded by the outbox.
 */
final class OutboxWire {
    private final SendPace pace;
    private final OutboxPlaces places;
    private final PublishQueue<OutboxEntry> queue;
    private PublishSession.@Nullable Packets packets;
    private long resent;

    OutboxWire(SendPace pace, OutboxPlaces places, PublishQueue<OutboxEntry> queue) {
        this.pace = pace;
        this.places = places;
        this.queue = queue;
    }

    void begin(PublishSession.Packets out, int limit) {
        packets = out;
        places.begin(limit);
    }

    void end(OutboxIds ids) {
        packets = null;
        places.end();
        ids.forEach(one -> {
            one.onWire = false;
            one.held = false;
            one.releaseSent = false;
        });
        queue.sendAll();
    }

    /** Says whether there is a connection. */
    boolean isUp() {
        return packets != null;
    }

    void release(OutboxEntry one) {
        PublishSession.Packets out = packets;
        if (out == null) {
            return;
        }
        places.unhold(one);
        if (!one.onWire) {
            places.take(one);
        }
        one.releaseSent = true;
        out.pubrel(one.packetId, true);
    }

    /** Answers to a PUBREC of an id that stands for nothing. */
    void releaseUnknown(int packetId) {
        PublishSession.Packets out = packets;
        if (out != null) {
            out.pubrel(packetId, false);
        }
    }

    /** Sends what waits for it, as far as Kafka knows it and the broker allows. */
    void sendUnsent() {
        PublishSession.Packets out = packets;
        OutboxEntry blocked = null;
        boolean inOrder = true;
        OutboxEntry one = queue.unsent;
        while (one != null && out != null) {
            Publication publication = one.publication;
            if (!one.onWire && one.wanted == Phase.ASSIGNED && publication != null) {
                if (places.isRoomFor(one) && one.isAssigned() && (one.held || inOrder)) {
                    send(one, publication, out);
                } else {
                    // What Kafka knows already, since an earlier process assigned it, must not wait for what may not
                    // be.
                    inOrder &= one.isUngranted();
                    if (blocked == null) {
                        blocked = one;
                    }
                }
                // Nor must what takes a place already wait for what has none.
                if (blocked != null && (places.isFull() || (!inOrder && places.held() == 0))) {
                    break;
                }
            }
            one = one.next;
        }
        queue.unsent = blocked == null ? one : blocked;
    }

    private void send(OutboxEntry one, Publication publication, PublishSession.Packets out) {
        boolean duplicate = one.sent;
        places.unhold(one);
        if (duplicate) {
            resent++;
        }
        places.take(one);
        one.sent = true;
        one.repeated = duplicate;
        out.publish(publication, one.packetId, duplicate);
    }

    /**
     * The broker has no room for it, so it does not have it either: it keeps id and place, and leaves again before what comes
     * after it.
     */
    void sendLater(OutboxEntry one) {
        pace.refused(places.onWire());
        places.leave(one);
        one.sent = false;
        queue.sendAgain(one);
        sendUnsent();
    }

    /** The broker has accepted a message. */
    void accepted() {
        pace.accepted();
    }

    long resent() {
        return resent;
    }
}
