package io.mqttkafka.bridge.core.mqtt.control;

import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PacketType;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A broker that answers late, never, or what nobody asked for; that sends messages, or only bytes; and a client that subscribes,
 * publishes and is woken when it wants to be. All of it by a clock that takes no time.
 */
final class DialogueSimulation {
    private static final long SECOND = 1_000_000_000L;
    private static final int NEVER = -1;
    private static final int PROTOCOL_ERROR = 0x82;

    /** What is counted, so that what has not happened is noticed. */
    static final class Figures {
        long connected;
        long pings;
        long warnings;
        long givenUp;
        long refused;
        long answered;

        Figures plus(Figures other) {
            connected += other.connected;
            pings += other.pings;
            warnings += other.warnings;
            givenUp += other.givenUp;
            refused += other.refused;
            answered += other.answered;
            return this;
        }

        @Override
        public String toString() {
            return "connected " + connected + ", pings " + pings + ", warnings " + warnings + ", given up " + givenUp
                    + ", refused " + refused + ", answered " + answered;
        }
    }

    /** A promise was broken. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String message) {
            super(message, null, false, false);
        }
    }

    private enum Kind {
        CONNACK,
        SUBSCRIBE,
        SUBACK,
        PINGRESP,
        MESSAGE,
        BYTES,
        PUBLISH,
        ILLEGAL
    }

    private record Event(long at, long order, Kind kind) {}

    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (one, other) -> one.at != other.at ? Long.compare(one.at, other.at) : Long.compare(one.order, other.order));
    private final Figures figures = new Figures();
    private final Party party;
    private final ProtocolVersion version;
    private final boolean cleanStart;
    private final long connectTimeout;
    private final long keepAlive;
    private final long horizon;

    // The broker's habits: delays in seconds, or never.
    private final long connackDelay;
    private final long subackDelay;
    private final long pingDelay;
    private final boolean mixesIds;

    private long orders;
    private long now;
    private boolean open;
    private boolean over;
    private long lastSent;
    private long lastReceived;
    private long lastData;

    private int packetId;
    private int filters;
    private long subscribeAsked = NEVER;
    private long subscribeWarned = NEVER;
    private int subscribes;
    private final List<Long> pingsAsked = new ArrayList<>();

    /** Since when the oldest outstanding ping is waited for: when it was asked for, or the one before it was answered. */
    private long pingSince = NEVER;

    private DialogueSimulation(long seed, Party.Factory factory) {
        random = new SplittableRandom(seed);
        version = ProtocolVersion.values()[random.nextInt(2)];
        cleanStart = random.nextInt(4) == 0;
        connectTimeout = (1 + random.nextInt(20)) * SECOND;
        keepAlive = (2 + random.nextInt(30)) * SECOND;
        horizon = (connectTimeout + keepAlive) * 5;
        connackDelay = delay(connectTimeout, 12);
        subackDelay = delay(connectTimeout, 4);
        pingDelay = delay(keepAlive, 4);
        mixesIds = random.nextInt(12) == 0;
        party = factory.create(version, cleanStart, Duration.ofNanos(connectTimeout), Duration.ofNanos(keepAlive), now);
        if (connackDelay != NEVER) {
            add(connackDelay, Kind.CONNACK);
        }
        stream(Kind.MESSAGE, random.nextInt(3));
        stream(Kind.BYTES, random.nextInt(2));
        stream(Kind.PUBLISH, random.nextInt(3));
        for (int i = random.nextInt(4); i > 0; i--) {
            add(random.nextLong(horizon), Kind.SUBSCRIBE);
        }
        if (random.nextInt(3) == 0) {
            add(random.nextLong(horizon), Kind.ILLEGAL);
        }
    }

    /** Runs a schedule. */
    static Figures run(long seed, Party.Factory factory) {
        DialogueSimulation simulation = new DialogueSimulation(seed, factory);
        simulation.run();
        return simulation.figures;
    }

    private long delay(long patience, int neverOneIn) {
        // Now and then too late, by as little as there is.
        return switch (random.nextInt(neverOneIn)) {
            case 0 -> NEVER;
            case 1 -> patience + random.nextLong(2);
            default -> random.nextLong(patience);
        };
    }

    private void stream(Kind kind, int streams) {
        for (int i = 0; i < streams; i++) {
            long at = random.nextLong(horizon);
            long interval = 1 + random.nextLong(keepAlive + connectTimeout);
            int count = random.nextInt(30);
            for (int n = 0; n < count && at < horizon; n++, at += interval) {
                add(at, kind);
            }
        }
    }

    private void add(long at, Kind kind) {
        events.add(new Event(at, orders++, kind));
    }

    private void run() {
        while (!over && now <= horizon) {
            long wakeUp = lookUntilNothing();
            if (over) {
                return;
            }
            Event next = events.peek();
            if (next == null || next.at > wakeUp) {
                if (wakeUp > horizon) {
                    return;
                }
                now = wakeUp;
            } else {
                now = next.at;
                boolean looks = false;
                // What comes at one time is there before anybody is woken.
                while (!over && !events.isEmpty() && events.peek().at == now) {
                    looks |= happens(events.poll().kind);
                }
                if (!looks && wakeUp > now) {
                    sleepOn(wakeUp);
                }
            }
        }
    }

    /** Events that wake nobody, up to a time. */
    private void sleepOn(long wakeUp) {
        while (!over && !events.isEmpty() && events.peek().at <= wakeUp) {
            Event event = events.poll();
            now = event.at;
            if (happens(event.kind)) {
                return;
            }
        }
        if (!over) {
            now = Math.max(now, wakeUp);
        }
    }

    /** Looks as the keeper does, until there is nothing to do; returns when it wants to be woken. */
    private long lookUntilNothing() {
        for (int turns = 0; turns < 10; turns++) {
            requireNotSilent();
            Look look = party.look(now, lastSent, lastReceived, lastData);
            switch (look.action()) {
                case NONE -> {
                    require(look.nextNanos() > now, "wants to be woken at once, for nothing");
                    requireNothingDue();
                    return look.nextNanos();
                }
                case PING -> ping();
                case WARN -> warn(look.packet());
                case GIVE_UP -> {
                    giveUp(look.packet());
                    return now;
                }
            }
        }
        throw new Broken("does not come to rest");
    }

    private void ping() {
        require(open, "pings before it is connected");
        require(
                now - Math.min(lastSent, lastReceived) >= keepAlive / 4 * 3,
                "pings although bytes went both ways a moment ago");
        figures.pings++;
        lastSent = now;
        if (pingsAsked.isEmpty()) {
            pingSince = now;
        }
        pingsAsked.add(now);
        if (pingDelay != NEVER) {
            add(now + pingDelay, Kind.PINGRESP);
        }
    }

    private void requireNotSilent() {
        require(!open || now - lastSent <= keepAlive, "says nothing for longer than the keep-alive");
    }

    private void warn(String packet) {
        figures.warnings++;
        require(open, "warns before it is connected");
        boolean subscribe = packet.equals("SUBSCRIBE");
        require(
                subscribe ? subscribeAsked != NEVER : !pingsAsked.isEmpty(),
                "warns of " + packet + ", which is answered");
        long since = subscribe ? subscribeAsked : pingSince;
        long patience = subscribe ? connectTimeout : keepAlive;
        require(now - since >= patience, "warns too early");
        require(lastData > since, "waits on although no message came");
        if (subscribe) {
            require(subscribeWarned == NEVER || now - subscribeWarned >= connectTimeout, "warns too often");
            subscribeWarned = now;
        }
    }

    private void giveUp(String packet) {
        figures.givenUp++;
        over = true;
        switch (packet) {
            case "CONNACK" -> {
                require(!open, "gives up the CONNACK that has come");
                require(now == connectTimeout, "gives CONNACK up at the wrong time");
            }
            case "SUBSCRIBE" -> {
                require(subscribeAsked != NEVER, "gives up a SUBSCRIBE that is answered");
                requireSilence(subscribeAsked, connectTimeout);
            }
            case "PINGREQ" -> {
                require(!pingsAsked.isEmpty(), "gives up a ping that is answered");
                requireSilence(pingSince, keepAlive);
            }
            default -> throw new Broken("gives up " + packet);
        }
    }

    private void requireSilence(long since, long patience) {
        require(
                now == Math.max(since, lastData) + patience,
                "gives up " + (now - since) + " after it asked, " + (now - lastData) + " after the last message");
    }

    private void requireNothingDue() {
        if (!open) {
            require(now < connectTimeout, "waits on for CONNACK");
            return;
        }
        require(
                subscribeAsked == NEVER || now < Math.max(subscribeAsked, lastData) + connectTimeout,
                "waits on for SUBACK");
        require(pingsAsked.isEmpty() || now < Math.max(pingSince, lastData) + keepAlive, "waits on for PINGRESP");
        // A backlog that goes on for long without the answer is told of.
        require(
                subscribeAsked == NEVER
                        || now - (subscribeWarned == NEVER ? subscribeAsked : subscribeWarned)
                                < 2 * connectTimeout + connectTimeout,
                "waits without a word");
    }

    /** Returns whether the keeper is woken. */
    private boolean happens(Kind kind) {
        return switch (kind) {
            case CONNACK -> connack();
            case SUBSCRIBE -> subscribe();
            case SUBACK -> {
                suback();
                yield false;
            }
            case PINGRESP -> {
                pingresp();
                yield false;
            }
            case MESSAGE -> {
                if (open) {
                    legal(PacketType.PUBLISH << 4 | random.nextInt(3) << 1, 4 + random.nextInt(1000));
                    lastReceived = now;
                    lastData = now;
                }
                yield false;
            }
            case BYTES -> {
                if (open) {
                    lastReceived = now;
                }
                yield false;
            }
            case PUBLISH -> {
                if (open) {
                    lastSent = now;
                }
                yield false;
            }
            case ILLEGAL -> {
                illegal();
                yield false;
            }
        };
    }

    private boolean connack() {
        legal(PacketType.CONNACK << 4, version == ProtocolVersion.V5 ? 3 : 2);
        boolean resumes = random.nextInt(3) == 0;
        try {
            party.connAck(connAck(resumes), now);
        } catch (MalformedPacketException e) {
            require(resumes && cleanStart && e.reasonCode() == PROTOCOL_ERROR, "refuses a CONNACK: " + e.getMessage());
            refused();
            return true;
        }
        require(!(resumes && cleanStart), "takes an old session for the new one that it asked for");
        figures.connected++;
        open = true;
        lastSent = now;
        lastReceived = now;
        lastData = now;
        return true;
    }

    static ConnAck connAck(boolean sessionPresent) {
        return new ConnAck(
                0, null, null, new BrokerLimits(sessionPresent, -1, null, 2, 10, 1000, -1, Set.of(Feature.values())));
    }

    private boolean subscribe() {
        if (!open || subscribeAsked != NEVER) {
            return false;
        }
        filters = 1 + random.nextInt(3);
        int last = packetId;
        packetId = party.subscribing(filters, Duration.ofNanos(connectTimeout), now);
        require(packetId > 0 && packetId != last, "uses a packet id twice");
        subscribes++;
        subscribeAsked = now;
        subscribeWarned = NEVER;
        lastSent = now;
        if (subackDelay != NEVER) {
            add(now + subackDelay, Kind.SUBACK);
        }
        return true;
    }

    private void suback() {
        int id = mixesIds && random.nextInt(2) == 0 ? packetId + 1 : packetId;
        int codes = mixesIds && random.nextInt(2) == 0 ? filters + 1 : filters;
        legal(PacketType.SUBACK << 4, (version == ProtocolVersion.V5 ? 3 : 2) + codes);
        lastReceived = now;
        boolean right = id == packetId && codes == filters;
        try {
            party.answered(new RequestAnswer(PacketType.SUBACK, id, Collections.nCopies(codes, 0)));
            require(right, "takes an answer to another request");
            figures.answered++;
            subscribeAsked = NEVER;
        } catch (MalformedPacketException e) {
            require(!right && e.reasonCode() == PROTOCOL_ERROR, "refuses SUBACK: " + e.getMessage());
            refused();
        }
    }

    private void pingresp() {
        legal(PacketType.PINGRESP << 4, 0);
        lastReceived = now;
        try {
            party.pingAnswered(now);
        } catch (MalformedPacketException e) {
            throw new Broken("refuses PINGRESP: " + e.getMessage());
        }
        pingsAsked.remove(0);
        pingSince = pingsAsked.isEmpty() ? NEVER : now;
    }

    private void legal(int firstByte, int length) {
        try {
            party.arriving(firstByte, length);
        } catch (MalformedPacketException e) {
            throw new Broken("refuses what is legal: " + e.getMessage());
        }
    }

    /** Any packet of any type, length and flags: refused as the tables of the standard say. */
    private void illegal() {
        int firstByte = random.nextInt(256);
        int length = random.nextInt(4) == 0 ? 1 + random.nextInt(268_435_455) : random.nextInt(6);
        int expected = Expected.code(
                version,
                firstByte,
                length,
                open,
                subscribeAsked == NEVER ? 0 : PacketType.SUBACK,
                !pingsAsked.isEmpty());
        try {
            party.arriving(firstByte, length);
            require(expected == 0, "takes " + Integer.toHexString(firstByte) + " of " + length + " bytes");
            // What comes of it is told elsewhere.
            over = true;
        } catch (MalformedPacketException e) {
            require(
                    expected == e.reasonCode(),
                    "refuses " + Integer.toHexString(firstByte) + " of " + length + " bytes with "
                            + Integer.toHexString(e.reasonCode()) + ": " + e.getMessage());
            refused();
        }
    }

    private void refused() {
        figures.refused++;
        over = true;
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new Broken("at " + now + " ns: " + otherwise);
        }
    }
}
