package io.mqttkafka.bridge.core.mqtt.control;

import io.mqttkafka.bridge.core.mqtt.control.Look.Action;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PacketType;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What may come when on one connection, and until when: CONNECT and CONNACK, then one SUBSCRIBE or UNSUBSCRIBE at a time and
 * its answer, pings and theirs, until the end. Every answer has a deadline. Only the answer ends it; messages that keep coming
 * prolong it, because brokers queue answers behind them, and are told of once per deadline.
 *
 * <p>No sockets, threads or clock: times are given, by one clock. Thread-safe, so that one thread can read, one ask, and one
 * look after the time.
 */
public final class Dialogue {
    private static final int HIGHEST_PACKET_ID = 65_535;

    /** Where the connection stands. */
    private enum Phase {
        CONNECTING,
        OPEN,
        OVER
    }

    /** An answer that is waited for: its packet, and for how long. */
    private static final class Wait {
        private final String packet;
        private final long patience;
        private long since;

        /** When it was last told that messages come and the answer does not; when it began, if never. */
        private long told;

        Wait(String packet, long patience, long since) {
            this.packet = packet;
            this.patience = patience;
            this.since = since;
            told = since;
        }
    }

    private final ProtocolVersion version;
    private final boolean cleanStart;
    private final long askedKeepAlive;

    /** Changed with the lock held. */
    private volatile Phase phase = Phase.CONNECTING;

    private long keepAlive;
    private int lastPacketId;

    /** The request that is under way: what answers it, how many filters it has, and its packet id; 0 if there is none. */
    private int awaitedType;

    private int awaitedCodes;
    private int awaitedId;

    private final Wait connack;
    private @Nullable Wait request;
    private @Nullable Wait ping;

    /** How many pings are not answered yet, and when the last one was asked for. */
    private int pings;

    private long lastPing;

    /**
     * Begins a connection.
     *
     * @param version the version of MQTT that CONNECT asks for
     * @param cleanStart whether CONNECT asks for a new session
     * @param connectTimeout until when CONNACK has to be there
     * @param keepAlive the keep-alive that CONNECT asks for
     * @param now the time
     */
    public Dialogue(
            ProtocolVersion version, boolean cleanStart, Duration connectTimeout, Duration keepAlive, long now) {
        this.version = version;
        this.cleanStart = cleanStart;
        this.askedKeepAlive = keepAlive.toNanos();
        this.keepAlive = askedKeepAlive;
        connack = new Wait("CONNACK", connectTimeout.toNanos(), now);
        lastPing = now;
    }

    // What arrives.

    /**
     * A packet has begun to arrive, of which there is no more yet than the first byte.
     *
     * @param firstByte its type and flags
     * @throws MalformedPacketException if it may not come now
     */
    public void beginning(int firstByte) throws MalformedPacketException {
        requireFromBroker(PacketType.of(firstByte));
        requireNow(PacketType.of(firstByte));
    }

    /**
     * A packet has begun to arrive.
     *
     * @param firstByte its type and flags
     * @param remainingLength how many bytes follow the fixed header
     * @throws MalformedPacketException if it may not come now, or not like this
     */
    public void arriving(int firstByte, int remainingLength) throws MalformedPacketException {
        int type = PacketType.of(firstByte);
        boolean message = type >= PacketType.PUBLISH && type <= PacketType.PUBCOMP;
        if (!message || phase != Phase.OPEN) {
            requireFromBroker(type);
            requireNow(type);
        }
        int flags = firstByte & 0xF;
        if (type == PacketType.PUBLISH ? (flags >> 1 & 3) == 3 : flags != (type == PacketType.PUBREL ? 2 : 0)) {
            throw new MalformedPacketException(
                    PacketType.name(type) + " has the flags 0x" + Integer.toHexString(flags));
        }
        if (remainingLength < least(type) || remainingLength > most(type)) {
            throw new MalformedPacketException(PacketType.name(type) + " has the length " + remainingLength);
        }
    }

    private void requireFromBroker(int type) throws MalformedPacketException {
        switch (type) {
            case 0, PacketType.CONNECT, PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE, PacketType.PINGREQ ->
                throw protocolError(PacketType.name(type) + " came (packet type " + type + "), which no broker sends");
            case PacketType.AUTH ->
                throw protocolError("AUTH came (packet type 15), although no authentication by AUTH was asked for");
            case PacketType.DISCONNECT -> {
                if (!version.hasProperties()) {
                    throw protocolError("DISCONNECT came, which no broker sends in MQTT 3.1.1");
                }
            }
            default -> {
                // A broker may send it.
            }
        }
    }

    private synchronized void requireNow(int type) throws MalformedPacketException {
        if (phase == Phase.OVER) {
            throw protocolError(PacketType.name(type) + " came after the end");
        }
        if (phase == Phase.CONNECTING && type != PacketType.CONNACK && type != PacketType.DISCONNECT) {
            throw protocolError(PacketType.name(type) + " came before CONNACK");
        }
        if (phase == Phase.OPEN && type == PacketType.CONNACK) {
            throw protocolError("a second CONNACK came");
        }
        if ((type == PacketType.SUBACK || type == PacketType.UNSUBACK) && type != awaitedType) {
            throw unasked(type);
        }
        if (type == PacketType.PINGRESP && pings == 0) {
            throw unasked(type);
        }
    }

    /** The shortest that a packet of this type can be; more is checked by its reader. */
    private int least(int type) {
        return switch (type) {
            case PacketType.PUBLISH -> 3;
            case PacketType.SUBACK -> version.hasProperties() ? 4 : 3;
            case PacketType.UNSUBACK -> version.hasProperties() ? 4 : 2;
            case PacketType.PINGRESP, PacketType.DISCONNECT -> 0;
            default -> 2;
        };
    }

    /** The longest that a packet of this type can be, where that is known by the type: answers of MQTT 3.1.1 say no more than yes. */
    private int most(int type) {
        return switch (type) {
            case PacketType.PINGRESP -> 0;
            case PacketType.PUBLISH, PacketType.SUBACK -> Integer.MAX_VALUE;
            default -> version.hasProperties() ? Integer.MAX_VALUE : 2;
        };
    }

    /**
     * The broker has answered CONNECT.
     *
     * @param answer the answer
     * @param now the time
     * @throws MalformedPacketException if it may not answer so
     */
    public synchronized void connAck(ConnAck answer, long now) throws MalformedPacketException {
        if (phase != Phase.CONNECTING) {
            throw protocolError("a second CONNACK came");
        }
        if (answer.accepted() && answer.limits().sessionPresent() && cleanStart) {
            throw protocolError("CONNACK resumes a session, although CONNECT asked for a new one");
        }
        phase = answer.accepted() ? Phase.OPEN : Phase.OVER;
        keepAlive = answer.limits().keepAlive(Duration.ofNanos(askedKeepAlive)).toNanos();
    }

    /**
     * SUBSCRIBE or UNSUBSCRIBE has been answered.
     *
     * @param answer the answer
     * @throws MalformedPacketException if nobody has asked, or it has not as many codes as there were filters
     */
    public synchronized void answered(RequestAnswer answer) throws MalformedPacketException {
        if (answer.type() != awaitedType || answer.packetId() != awaitedId) {
            throw unasked(answer.type());
        }
        boolean withCodes = version.hasProperties() || answer.type() == PacketType.SUBACK;
        if (withCodes && answer.reasonCodes().size() != awaitedCodes) {
            throw protocolError(PacketType.name(answer.type()) + " has "
                    + answer.reasonCodes().size() + " reason codes for " + awaitedCodes + " filters");
        }
        forgetRequest();
    }

    /**
     * PINGREQ has been answered.
     *
     * @param now the time
     * @throws MalformedPacketException if nobody has asked
     */
    public synchronized void pingAnswered(long now) throws MalformedPacketException {
        if (pings == 0) {
            throw unasked(PacketType.PINGRESP);
        }
        pings--;
        ping = pings == 0 ? null : new Wait("PINGREQ", keepAlive, now);
    }

    // What is asked for.

    /**
     * SUBSCRIBE is about to be sent.
     *
     * @param filters how many filters it has
     * @param patience how long to wait for the answer
     * @param now the time
     * @return its packet id
     * @throws IllegalStateException if the connection is not open, or another request is under way
     */
    public synchronized int subscribing(int filters, Duration patience, long now) {
        return asking(PacketType.SUBACK, filters, new Wait("SUBSCRIBE", patience.toNanos(), now));
    }

    /**
     * UNSUBSCRIBE is about to be sent.
     *
     * @param filters how many filters it has
     * @param patience how long to wait for the answer
     * @param now the time
     * @return its packet id
     * @throws IllegalStateException if the connection is not open, or another request is under way
     */
    public synchronized int unsubscribing(int filters, Duration patience, long now) {
        return asking(PacketType.UNSUBACK, filters, new Wait("UNSUBSCRIBE", patience.toNanos(), now));
    }

    private int asking(int answer, int filters, Wait wait) {
        if (phase != Phase.OPEN || request != null) {
            throw new IllegalStateException(
                    phase == Phase.OPEN ? "another request is under way" : "the connection is not open");
        }
        lastPacketId = lastPacketId % HIGHEST_PACKET_ID + 1;
        awaitedType = answer;
        awaitedCodes = filters;
        awaitedId = lastPacketId;
        request = wait;
        return lastPacketId;
    }

    /** Nothing is waited for any more, and nothing may come. */
    public synchronized void over() {
        phase = Phase.OVER;
        forgetRequest();
        ping = null;
        pings = 0;
    }

    private void forgetRequest() {
        request = null;
        awaitedType = 0;
        awaitedId = 0;
    }

    // Time.

    /**
     * Says what is to be done now.
     *
     * @param now the time
     * @param lastSent when a packet was last written
     * @param lastReceived when bytes last came
     * @param lastData when a message, a part of one, or an answer to one of ours last came
     * @return what to do
     */
    public synchronized Look look(long now, long lastSent, long lastReceived, long lastData) {
        return switch (phase) {
            // Nothing may come before it, so nothing prolongs it.
            case CONNECTING -> look(connack, now, connack.since, connack.since + connack.patience);
            case OVER -> new Look(Action.NONE, "", now + askedKeepAlive);
            case OPEN -> {
                long pingAt = pingAt(lastSent, lastReceived);
                if (pingAt - now <= 0) {
                    pings++;
                    lastPing = now;
                    ping = ping == null ? new Wait("PINGREQ", keepAlive, now) : ping;
                    yield new Look(Action.PING, "", now);
                }
                Look look = request == null ? new Look(Action.NONE, "", pingAt) : look(request, now, lastData, pingAt);
                yield ping == null || look.action() != Action.NONE ? look : look(ping, now, lastData, look.nextNanos());
            }
        };
    }

    /**
     * When we have been silent for so long that the broker may begin to doubt, whatever is outstanding; and when it has been, even
     * if we have much to send.
     */
    private long pingAt(long lastSent, long lastReceived) {
        long sent = lastPing - lastSent > 0 ? lastPing : lastSent;
        long since = ping == null && lastReceived - sent < 0 ? lastReceived : sent;
        return since + keepAlive / 4 * 3;
    }

    private static Look look(Wait wait, long now, long lastData, long next) {
        if (lastData - wait.since > 0 && wait.since + wait.patience - now <= 0) {
            // A whole patience more from the last message on, and a word about it now and then.
            wait.since = lastData;
            if (now - wait.told >= wait.patience) {
                wait.told = now;
                return new Look(Action.WARN, wait.packet, now);
            }
        }
        long deadline = wait.since + wait.patience;
        return deadline - now <= 0
                ? new Look(Action.GIVE_UP, wait.packet, next)
                : new Look(Action.NONE, "", deadline - next < 0 ? deadline : next);
    }

    private static MalformedPacketException unasked(int type) {
        return protocolError(PacketType.name(type) + " came, which nobody asked for");
    }

    private static MalformedPacketException protocolError(String message) {
        return new MalformedPacketException(MalformedPacketException.PROTOCOL_ERROR, message);
    }
}
