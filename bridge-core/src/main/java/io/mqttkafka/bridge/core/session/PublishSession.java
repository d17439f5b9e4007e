package io.mqttkafka.bridge.core.session;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT session of a sink: which messages the broker has not taken over, under which packet ids, and what to send again
 * on the next connection.
 *
 * <p>It keeps four promises. No more messages are on their way than the broker and the options allow. A packet id stands for
 * one message until the broker is done with it. What was sent and not acknowledged is sent again on the next connection, in
 * the order of publishing and before anything new: as a duplicate under its id if the broker has kept the session, as a new
 * message if not. A message is accepted or refused once, by the broker's own word.
 *
 * <p>Thread-safe. {@link Packets} is called with the session locked, so it must neither block nor call back; outcomes are
 * told without the lock.
 */
public final class PublishSession implements PublishTraffic {
    /** Where packets go. */
    public interface Packets {
        /**
         * Sends a message.
         *
         * @param publication the message
         * @param packetId its packet id; 0 for QoS 0
         * @param duplicate whether it may have been received before
         */
        void publish(Publication publication, int packetId, boolean duplicate);

        /**
         * Releases a message of QoS 2.
         *
         * @param packetId its packet id
         * @param known whether the id is in use
         */
        void pubrel(int packetId, boolean known);
    }

    private static final int PROTOCOL_ERROR = 0x82;
    private static final int ID_IN_USE = 0x91;
    private static final int FIRST_FAILURE = 0x80;

    /** The {@link Outbox} has the others. */
    private static final int PACKET_IDS = Outbox.FIRST_ID - 1;

    private final int most;
    private final long mostBytes;
    private final SendPace pace;
    private final Runnable room;
    private final @Nullable Publication[] byId = new Publication[PACKET_IDS + 1];

    /** The messages that the broker has not taken over, in the order of publishing. */
    private final PublishQueue<Publication> queue = new PublishQueue<>();

    /** The only message that was on its way when the last connection ended, if it is of QoS 1. */
    private @Nullable Publication suspect;

    private @Nullable Packets packets;
    private int limit;
    private int lastId;
    private int onWire;
    private int unfinished;
    private long releases;
    private long finished;
    private long answers;
    private long resent;
    private boolean roomWanted;

    /**
     * Makes a session without messages.
     *
     * @param most the most messages of QoS 1 and 2 on their way, up to 32,767
     * @param mostBytes the most bytes on their way; a larger message goes alone
     * @param pace how fast messages may leave
     * @param room called by any thread when there is room again after {@link #publish} found none
     */
    public PublishSession(int most, long mostBytes, SendPace pace, Runnable room) {
        this.most = Math.min(most, PACKET_IDS);
        this.mostBytes = mostBytes;
        this.pace = pace;
        this.room = room;
    }

    /**
     * Begins a connection, and sends again what the last one left.
     *
     * @param sessionPresent whether the broker has kept the session; if not, all packet ids are free
     * @param receiveMaximum the most messages of QoS 1 and 2 that the broker takes at a time
     * @param packets where packets go
     */
    public synchronized void connected(boolean sessionPresent, int receiveMaximum, Packets packets) {
        this.packets = packets;
        limit = Math.min(most, receiveMaximum);
        onWire = 0;
        if (!sessionPresent) {
            for (Publication one = queue.first; one != null; one = one.next) {
                free(one);
                one.state = Publication.State.UNSENT;
            }
        }
        Publication one = oldestRelease(0);
        while (one != null) {
            // MQTT wants releases in the order in which the messages were received.
            one.onWire = true;
            onWire++;
            packets.pubrel(one.packetId, true);
            one = oldestRelease(one.released);
        }
        queue.sendAll();
        sendUnsent();
    }

    private @Nullable Publication oldestRelease(long after) {
        Publication oldest = null;
        for (Publication one = queue.first; one != null; one = one.next) {
            if (one.state == Publication.State.RELEASED
                    && one.released > after
                    && (oldest == null || one.released < oldest.released)) {
                oldest = one;
            }
        }
        return oldest;
    }

    /** Ends the connection. What is not acknowledged stays, to be sent again. */
    public synchronized void disconnected() {
        packets = null;
        suspect = onWire == 1 ? onlyOneOnWire() : null;
        onWire = 0;
        for (Publication one = queue.first; one != null; one = one.next) {
            one.onWire = false;
        }
        queue.sendAll();
    }

    private @Nullable Publication onlyOneOnWire() {
        for (Publication one = queue.first; one != null; one = one.next) {
            if (one.qos > 0 && one.onWire) {
                // What the broker may hold under a packet id of QoS 2 must not lose that id.
                return one.qos == 1 ? one : null;
            }
        }
        return null;
    }

    /**
     * Gives the message of QoS 1 up that alone was on its way when the last connection ended: its owner is told. To be called while
     * there is no connection.
     *
     * @param why what is wrong with it
     * @return whether there was such a message
     */
    public boolean giveUpSuspect(String why) {
        Publication one;
        synchronized (this) {
            one = suspect;
            suspect = null;
            if (one == null || packets != null) {
                return false;
            }
            finish(one);
        }
        one.givenUp(why);
        return true;
    }

    /**
     * Publishes a message if there is room for it: a connection, a packet id, and less on its way than allowed.
     *
     * @param publication the message
     * @param nowNanos the time
     * @return whether it is on its way; if not, the session forgets it
     */
    public synchronized boolean publish(Publication publication, long nowNanos) {
        if (packets == null || queue.unsent != null || !hasRoom(publication)) {
            roomWanted = true;
            return false;
        }
        publication.publishedNanos = nowNanos;
        queue.append(publication, publication.size);
        unfinished += publication.qos > 0 ? 1 : 0;
        queue.unsent = publication;
        sendUnsent();
        return true;
    }

    private boolean hasRoom(Publication publication) {
        boolean fits = queue.bytes() + publication.size <= mostBytes || queue.bytes() == 0;
        return fits && (publication.qos == 0 || (onWire < pace.limit(limit) && unfinished < most));
    }

    /** Sends what waits for it, as far as the broker allows. */
    private void sendUnsent() {
        Packets out = packets;
        Publication one = queue.unsent;
        while (one != null && out != null) {
            if (!one.onWire) {
                if (one.qos > 0 && onWire >= pace.limit(limit)) {
                    break;
                }
                send(one, out);
            }
            one = one.next;
        }
        queue.unsent = one;
    }

    private void send(Publication one, Packets out) {
        boolean duplicate = one.qos > 0 && one.state == Publication.State.SENT;
        if (one.qos > 0) {
            if (one.packetId == 0) {
                one.packetId = freeId();
                byId[one.packetId] = one;
            }
            onWire++;
        }
        if (duplicate) {
            resent++;
        }
        one.onWire = true;
        one.repeated = duplicate;
        one.state = Publication.State.SENT;
        out.publish(one, one.packetId, duplicate);
    }

    /** There are fewer messages than ids, so one is free. */
    private int freeId() {
        do {
            lastId = lastId == PACKET_IDS ? 1 : lastId + 1;
        } while (byId[lastId] != null);
        return lastId;
    }

    /**
     * Tells that the bytes of messages of QoS 0 have left. That is all that will ever be known of them.
     *
     * @param publications the messages; those that are done already are left alone
     */
    public void written(List<Publication> publications) {
        for (Publication one : publications) {
            boolean done = false;
            synchronized (this) {
                if (one.qos == 0 && one.state == Publication.State.SENT) {
                    finish(one);
                    done = true;
                }
            }
            if (done) {
                one.accepted(0);
            }
        }
        tellRoom();
    }

    /**
     * Takes a PUBACK in.
     *
     * @param packetId its packet id; an unknown one is ignored
     * @param reasonCode what the broker said
     * @throws ProtocolViolation if the message is not of QoS 1
     */
    public void puback(int packetId, int reasonCode) {
        Publication one;
        synchronized (this) {
            one = packetId > PACKET_IDS ? null : byId[packetId];
            if (one == null) {
                return;
            }
            if (one.qos != 1) {
                throw new ProtocolViolation(PROTOCOL_ERROR, "the MQTT broker answered a PUBLISH of QoS 2 with PUBACK");
            }
            answers++;
            if (reasonCode == SendPace.QUOTA_EXCEEDED) {
                sendLater(one);
                return;
            }
            finish(one);
            if (reasonCode < FIRST_FAILURE) {
                pace.accepted();
            }
            sendUnsent();
        }
        tell(one, reasonCode);
    }

    /**
     * Takes a PUBREC in.
     *
     * @param packetId its packet id; an unknown one is released as such
     * @param reasonCode what the broker said
     * @throws ProtocolViolation if the message is not of QoS 2
     */
    public void pubrec(int packetId, int reasonCode) {
        Publication one;
        synchronized (this) {
            one = packetId > PACKET_IDS ? null : byId[packetId];
            if (one != null && one.qos != 2) {
                throw new ProtocolViolation(PROTOCOL_ERROR, "the MQTT broker answered a PUBLISH of QoS 1 with PUBREC");
            }
            answers += one == null ? 0 : 1;
            // Some brokers answer a repetition so: what is in use is the id of the message that they have.
            boolean had = one != null && one.repeated && reasonCode == ID_IN_USE;
            if (one == null || had || reasonCode < FIRST_FAILURE) {
                Packets out = packets;
                if (one != null && one.state != Publication.State.RELEASED) {
                    one.state = Publication.State.RELEASED;
                    one.reasonCode = had ? 0 : reasonCode;
                    one.released = ++releases;
                }
                if (out != null && (one != null || reasonCode < FIRST_FAILURE)) {
                    out.pubrel(packetId, one != null);
                }
                return;
            }
            if (reasonCode == SendPace.QUOTA_EXCEEDED && one.state == Publication.State.SENT) {
                sendLater(one);
                return;
            }
            finish(one);
            sendUnsent();
        }
        tell(one, reasonCode);
    }

    /** The broker has no room for it: it keeps its place, and leaves again, as a new message, before what comes after it. */
    private void sendLater(Publication one) {
        if (!one.onWire) {
            return;
        }
        pace.refused(onWire);
        one.onWire = false;
        onWire--;
        free(one);
        one.state = Publication.State.UNSENT;
        queue.sendAgain(one);
        sendUnsent();
    }

    /** Sends what waits for the end of a pause that the broker has asked for. */
    public void resume() {
        synchronized (this) {
            sendUnsent();
        }
        tellRoom();
    }

    /**
     * Takes a PUBCOMP in. An id that the broker does not know is one that it was done with before.
     *
     * @param packetId its packet id; an unknown one is ignored
     * @throws ProtocolViolation if the message was not released
     */
    public void pubcomp(int packetId) {
        Publication one;
        synchronized (this) {
            one = packetId > PACKET_IDS ? null : byId[packetId];
            if (one == null) {
                return;
            }
            if (one.state != Publication.State.RELEASED) {
                throw new ProtocolViolation(
                        PROTOCOL_ERROR, "the MQTT broker completed a message it was never released");
            }
            answers++;
            finish(one);
            pace.accepted();
            sendUnsent();
        }
        tell(one, one.reasonCode);
    }

    private void tell(Publication one, int reasonCode) {
        if (reasonCode < FIRST_FAILURE) {
            one.accepted(reasonCode);
        } else {
            one.refused(reasonCode);
        }
        tellRoom();
    }

    private void tellRoom() {
        synchronized (this) {
            // A quarter at a time: waking a thread for every message costs more than the message.
            boolean enough = queue.bytes() <= mostBytes * 3 / 4 && onWire <= pace.limit(limit) * 3 / 4;
            if (!roomWanted || queue.unsent != null || !enough) {
                return;
            }
            roomWanted = false;
        }
        room.run();
    }

    /** The broker is done with it: its id and its room are free, and it can be published again. */
    private void finish(Publication one) {
        if (one.onWire && one.qos > 0) {
            onWire--;
        }
        free(one);
        queue.remove(one, one.size);
        one.onWire = false;
        one.state = Publication.State.UNSENT;
        unfinished -= one.qos > 0 ? 1 : 0;
        finished++;
    }

    private void free(Publication one) {
        if (one.packetId > 0) {
            byId[one.packetId] = null;
            one.packetId = 0;
        }
    }

    @Override
    public synchronized int unfinished() {
        return unfinished;
    }

    @Override
    public synchronized long bytes() {
        return queue.bytes();
    }

    @Override
    public synchronized long oldestAge(long nowNanos) {
        Publication oldest = queue.first;
        return oldest == null ? 0 : Math.max(0, nowNanos - oldest.publishedNanos);
    }

    @Override
    public synchronized boolean awaitsBroker() {
        return queue.bytes() > 0 && (onWire > 0 || queue.unsent == null);
    }

    @Override
    public synchronized int onWire() {
        return onWire;
    }

    @Override
    public synchronized long finished() {
        return finished;
    }

    @Override
    public synchronized long answers() {
        return answers;
    }

    @Override
    public synchronized long resent() {
        return resent;
    }
}
