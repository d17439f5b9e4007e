package io.mqttkafka.bridge.core.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * One partition of a model Kafka, the ledger and session under test, and a model MQTT broker, driven by one seed: records are
 * read, packets arrive or are lost with their connection, sessions are lost, the process dies and starts again at the
 * committed offset.
 */
final class SinkSimulation {
    /** Ways to be wrong, each of which the simulation has to notice. */
    enum Mutant {
        NONE,
        /** Commits up to the highest record that is settled. */
        COMMIT_HIGHEST,
        /** Settles a record when it is published. */
        SETTLE_EARLY,
        /** Forgets what was published when the connection ends. */
        FORGET_ON_DISCONNECT,
        /** Sends repetitions without the DUP flag. */
        NO_DUP,
        /** Takes every session for a kept one. */
        SESSION_ALWAYS_PRESENT,
        /** Goes on although the broker has asked for patience. */
        NO_PATIENCE
    }

    /** What happened, so that a test can see that enough did. */
    static final class Figures {
        long crashes;
        long sessionsLost;
        long resent;
        long refusals;
        long pleas;
        long duplicates;
        long delivered;

        Figures plus(Figures other) {
            crashes += other.crashes;
            sessionsLost += other.sessionsLost;
            resent += other.resent;
            refusals += other.refusals;
            pleas += other.pleas;
            duplicates += other.duplicates;
            delivered += other.delivered;
            return this;
        }

        @Override
        public String toString() {
            return String.format(
                    "%,d crashes, %,d sessions lost, %,d sent again, %,d refused, %,d asked to wait, "
                            + "%,d of %,d deliveries were repetitions",
                    crashes, sessionsLost, resent, refusals, pleas, duplicates, delivered);
        }
    }

    /** One packet between the two; payload -1 for all but PUBLISH. */
    private record Sent(char type, int id, int payload, boolean duplicate, int reason) {}

    private static final int RECORDS = 40;
    private static final int STEPS = 400;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int QUOTA_EXCEEDED = 0x97;

    private final Random random;
    private final Mutant mutant;
    private final int qos;
    private final int window;
    private final boolean refuses;

    /** Some brokers have no room for a message now and then. */
    private final boolean asksForPatience;

    /** Some count messages of QoS 2 of earlier connections as well. */
    private final boolean countsKept;

    /** The receive maximum of those that count so: it stays the same. */
    private final int fixedMaximum;

    /** Brokers may hand a message of QoS 2 on when they receive it, or when it is released. */
    private final boolean deliversOnRelease;

    final Figures figures = new Figures();

    // Kafka.
    private final long[] offsets = new long[RECORDS];
    private long committed;

    // The process.
    private OffsetLedger ledger = new OffsetLedger();
    private PublishSession session;
    private SendPace pace;
    private boolean pausing;
    private int position;
    private final Deque<Message> waiting = new ArrayDeque<>();
    private long highest = -1;

    // The network.
    private boolean connected;
    private final Deque<Sent> toBroker = new ArrayDeque<>();
    private final Deque<Sent> toClient = new ArrayDeque<>();
    private final Set<Integer> sentOnConnection = new HashSet<>();

    // The broker.
    private boolean hasSession;
    private final Map<Integer, Integer> unreleased = new LinkedHashMap<>();
    private final Set<Integer> unanswered = new HashSet<>();
    private int receiveMaximum;
    private final List<Integer> delivered = new ArrayList<>();
    private final Map<Integer, Integer> copies = new HashMap<>();
    private final Set<Integer> mayRepeat = new HashSet<>();

    /** Records that wait because the broker had no room for them. */
    private final Set<Integer> patient = new HashSet<>();

    /** Records that others may have overtaken: they were on their way when these were refused. */
    private final Set<Integer> mayComeLate = new HashSet<>();

    private final Set<Integer> hadToWait = new HashSet<>();

    private SinkSimulation(long seed, Mutant mutant) {
        random = new Random(seed);
        this.mutant = mutant;
        qos = 1 + random.nextInt(2);
        window = 1 + random.nextInt(8);
        refuses = random.nextInt(4) == 0;
        deliversOnRelease = random.nextBoolean();
        asksForPatience = random.nextInt(4) == 0;
        countsKept = random.nextInt(3) == 0;
        fixedMaximum = 1 + random.nextInt(8);
        long offset = random.nextInt(3);
        for (int i = 0; i < RECORDS; i++) {
            offsets[i] = offset;
            offset += 1 + (random.nextInt(5) == 0 ? random.nextInt(3) : 0);
        }
        session = newSession();
    }

    static Figures run(long seed, Mutant mutant) {
        SinkSimulation simulation = new SinkSimulation(seed, mutant);
        try {
            simulation.play();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
        return simulation.figures;
    }

    private PublishSession newSession() {
        pausing = false;
        pace = new SendPace(() -> pausing = true);
        return new PublishSession(window, 1_000, pace, () -> {});
    }

    /** One record on its way. */
    private final class Message extends Publication {
        private final int index;
        private final OffsetLedger.Entry entry;
        private final OffsetLedger owner;

        Message(int qos, int index, OffsetLedger.Entry entry) {
            super(qos, 10);
            this.index = index;
            this.entry = entry;
            owner = ledger;
        }

        @Override
        protected void accepted(int reasonCode) {
            entry.settle();
            if (owner == ledger) {
                highest = Math.max(highest, offsets[index] + 1);
            }
        }

        @Override
        protected void refused(int reasonCode) {
            entry.returned();
            if (owner == ledger) {
                waiting.add(this);
            }
        }
    }

    private final PublishSession.Packets wire = new PublishSession.Packets() {
        @Override
        public void publish(Publication publication, int packetId, boolean duplicate) {
            require(connected, "published without a connection");
            require(sentOnConnection.add(packetId), "id " + packetId + " twice on one connection before it was free");
            boolean flag = duplicate && mutant != Mutant.NO_DUP;
            int record = ((Message) publication).index;
            toBroker.add(new Sent('P', packetId, record, flag, 0));
            require(!pausing, "record " + record + " was published although the broker had asked for patience");
            patient.remove(record);
            require(
                    duplicate || patient.stream().noneMatch(other -> other < record),
                    "record " + record + " was published before " + patient + ", which wait");
            require(sentOnConnection.size() <= Math.min(window, receiveMaximum), "more in flight than allowed");
        }

        @Override
        public void pubrel(int packetId, boolean known) {
            toBroker.add(new Sent('R', packetId, -1, false, 0));
        }
    };

    private void play() {
        for (int step = 0; step < STEPS; step++) {
            if (pausing && random.nextInt(6) == 0) {
                endPause();
            }
            switch (random.nextInt(24)) {
                case 0 -> cut();
                case 1 -> {
                    if (random.nextInt(4) == 0) {
                        crash();
                    }
                }
                case 2, 3 -> connect();
                case 4, 5 -> commit();
                case 6, 7, 8, 9, 10, 11 -> read();
                case 12, 13, 14, 15, 16, 17 -> brokerTakes();
                default -> clientTakes();
            }
        }
        settleDown();
    }

    private void endPause() {
        pausing = false;
        pace.resume();
        session.resume();
    }

    private void read() {
        if (!connected) {
            return;
        }
        Message next = waiting.poll();
        if (next == null && position < RECORDS) {
            next = new Message(qos, position, ledger.read(offsets[position]));
            position++;
        }
        if (next == null) {
            return;
        }
        if (session.publish(next, 0)) {
            next.entry.sent();
            if (mutant == Mutant.SETTLE_EARLY) {
                next.entry.settle();
            }
        } else {
            waiting.addFirst(next);
        }
    }

    private void connect() {
        if (connected) {
            return;
        }
        connected = true;
        boolean present = hasSession && random.nextInt(5) > 0;
        if (!present) {
            if (hasSession) {
                figures.sessionsLost++;
                mayRepeat.addAll(inFlight());
            }
            unreleased.clear();
        }
        hasSession = true;
        receiveMaximum = countsKept ? fixedMaximum : 1 + random.nextInt(8);
        // MQTT counts the messages of this connection only.
        unanswered.clear();
        sentOnConnection.clear();
        session.connected(present || mutant == Mutant.SESSION_ALWAYS_PRESENT, receiveMaximum, wire);
    }

    private Set<Integer> inFlight() {
        Set<Integer> records = new HashSet<>();
        for (int i = 0; i < position; i++) {
            records.add(i);
        }
        return records;
    }

    private void cut() {
        if (!connected) {
            return;
        }
        connected = false;
        if (qos == 1) {
            // What was delivered and not acknowledged is repeated; that is what QoS 1 means.
            mayRepeat.addAll(inFlight());
        }
        toBroker.clear();
        toClient.clear();
        session.disconnected();
        if (mutant == Mutant.FORGET_ON_DISCONNECT) {
            session = newSession();
        }
    }

    /** The process dies; the next one begins with a clean start at the committed offset. */
    private void crash() {
        cut();
        figures.crashes++;
        figures.resent += session.resent();
        mayRepeat.addAll(inFlight());
        session = newSession();
        ledger = new OffsetLedger();
        waiting.clear();
        patient.clear();
        highest = -1;
        hasSession = false;
        unreleased.clear();
        position = 0;
        while (position < RECORDS && offsets[position] < committed) {
            position++;
        }
    }

    private void commit() {
        long offset = ledger.takeCommittable();
        if (mutant == Mutant.COMMIT_HIGHEST && highest > committed) {
            offset = highest;
        }
        if (offset < 0) {
            return;
        }
        require(offset >= committed, "committed backwards");
        committed = offset;
        for (int i = 0; i < RECORDS && offsets[i] < committed; i++) {
            require(copies.containsKey(i), "committed record " + i + ", which the broker never took over");
        }
    }

    private void brokerTakes() {
        Sent packet = toBroker.poll();
        if (packet == null) {
            return;
        }
        if (packet.type() == 'P') {
            require(unanswered.size() < receiveMaximum, "receive maximum exceeded");
            if (qos == 1) {
                unanswered.add(packet.id());
                int refusal = refusal(packet);
                if (refusal > 0) {
                    toClient.add(new Sent('A', packet.id(), packet.payload(), false, refusal));
                } else {
                    deliver(packet.payload());
                    toClient.add(new Sent('A', packet.id(), -1, false, 0));
                }
            } else {
                takeQos2(packet);
            }
        } else {
            Integer released = unreleased.remove(packet.id());
            if (released != null && deliversOnRelease) {
                deliver(released);
            }
            toClient.add(new Sent('C', packet.id(), -1, false, released == null ? 0x92 : 0));
        }
    }

    private void takeQos2(Sent packet) {
        Integer known = unreleased.get(packet.id());
        if (known != null) {
            require(packet.duplicate(), "id " + packet.id() + " was used again before it was released");
            unanswered.add(packet.id());
            require(known == packet.payload(), "id " + packet.id() + " came again with another message");
            toClient.add(new Sent('R', packet.id(), -1, false, 0));
            return;
        }
        unanswered.add(packet.id());
        require(!countsKept || unreleased.size() < receiveMaximum, "more in flight than this broker keeps");
        int refusal = refusal(packet);
        if (refusal > 0) {
            toClient.add(new Sent('R', packet.id(), packet.payload(), false, refusal));
            return;
        }
        unreleased.put(packet.id(), packet.payload());
        if (!deliversOnRelease) {
            deliver(packet.payload());
        }
        toClient.add(new Sent('R', packet.id(), -1, false, 0));
    }

    /** The reason why the broker does not take a message; 0 if it does. */
    private int refusal(Sent packet) {
        if (asksForPatience && random.nextInt(6) == 0) {
            figures.pleas++;
            hadToWait.add(packet.payload());
            return QUOTA_EXCEEDED;
        }
        if (refuses && random.nextInt(10) == 0) {
            figures.refusals++;
            mayComeLate.add(packet.payload());
            return NOT_AUTHORIZED;
        }
        return 0;
    }

    private void deliver(int record) {
        figures.delivered++;
        int times = copies.merge(record, 1, Integer::sum);
        if (times > 1) {
            figures.duplicates++;
            require(mayRepeat.contains(record), "record " + record + " was delivered twice without need");
        } else {
            for (int before = 0; before < record; before++) {
                require(
                        copies.containsKey(before) || mayComeLate.contains(before) || hadToWait.contains(before),
                        "record " + record + " came before " + before);
            }
            delivered.add(record);
        }
    }

    private void clientTakes() {
        Sent packet = toClient.poll();
        if (packet == null) {
            return;
        }
        boolean done = packet.type() != 'R' || packet.reason() >= 0x80;
        if (done) {
            unanswered.remove(packet.id());
            sentOnConnection.remove(packet.id());
        }
        boolean plea = packet.reason() == QUOTA_EXCEEDED;
        if (plea && !mayComeLate.contains(packet.payload())) {
            patient.add(packet.payload());
        }
        switch (packet.type()) {
            case 'A' -> session.puback(packet.id(), packet.reason());
            case 'R' -> session.pubrec(packet.id(), packet.reason());
            default -> session.pubcomp(packet.id());
        }
        if (plea && mutant == Mutant.NO_PATIENCE) {
            pace.resume();
            session.resume();
        }
    }

    /** With nothing more going wrong, everything has to arrive and be committed. */
    private void settleDown() {
        for (int round = 0; round < 20 * RECORDS; round++) {
            connect();
            if (pausing) {
                endPause();
            }
            read();
            while (!toBroker.isEmpty()) {
                brokerTakes();
            }
            while (!toClient.isEmpty()) {
                clientTakes();
            }
            commit();
        }
        figures.resent += session.resent();
        require(copies.size() == RECORDS, "only " + copies.size() + " of " + RECORDS + " records arrived");
        require(committed > offsets[RECORDS - 1], "the last record was never committed");
        require(session.unfinished() == 0 && session.bytes() == 0, "the session still holds messages");
        require(ledger.open() == 0, "the ledger still holds records");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
