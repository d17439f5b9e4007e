package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.ExpectedRecords.Recollection;
import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Partitions of a model Kafka with transactions and a compacted state topic, the outbox under test, and a model MQTT broker
 * that takes a packet id that it knows for a repetition; driven by one seed. Everything may happen at any step: packets are
 * lost with their connection, sessions and answers to CONNECT are lost, transactions end without an answer, the process
 * dies, partitions come and go, records are deleted, messages are refused or thrown away.
 */
final class OutboxSimulation {
    /** Ways to be wrong, each of which the simulation has to notice. */
    enum Mutant {
        NONE,
        PUBLISHES_BEFORE_ASSIGNMENT_IS_COMMITTED,
        RELEASES_BEFORE_COMMIT,
        SETTLES_AT_PUBREC,
        FREES_ID_AT_PUBREC,
        FREES_ID_OF_RECORD_THAT_IS_GONE,
        FORGETS_ASSIGNED_IDS,
        FORGETS_RELEASED_IDS,
        FORGETS_MARKS,
        WRITES_NO_MARKS,
        REMOVES_MARKS_BEFORE_OFFSET,
        SENDS_WITHOUT_DUP,
        TAKES_EVERY_SESSION_FOR_KEPT,
        TAKES_EVERY_SESSION_FOR_LOST,
        RESTORES_WHAT_WAS_ABORTED,
        TAKES_UNKNOWN_FOR_COMMITTED,
        TAKES_UNKNOWN_FOR_ABORTED,
        PUBLISHES_RECORDS_THAT_ARE_ON_THEIR_WAY,
        KEEPS_IDS_OF_DISOWNED_RECORDS,
        CALLS_THROWN_AWAY_DONE,
        WRITES_NO_REMOVALS,
        ASSIGNS_MORE_THAN_THE_BROKER_TAKES,
        SENDS_WHILE_ASKED_FOR_PATIENCE
    }

    /** What happened, so that a test can see that enough did. */
    static final class Figures {
        long crashes;
        long crashesWithTransaction;
        long sessionsLost;
        long unknown;
        long transactions;
        long resent;
        long refusals;
        long pleas;
        long beyond;
        long thrownAway;
        long recalledAssigned;
        long recalledOnItsWay;
        long recalledDone;
        long voided;
        long rebalances;
        long duplicates;
        long doubtful;
        long delivered;

        Figures plus(Figures other) {
            crashes += other.crashes;
            crashesWithTransaction += other.crashesWithTransaction;
            sessionsLost += other.sessionsLost;
            unknown += other.unknown;
            transactions += other.transactions;
            resent += other.resent;
            refusals += other.refusals;
            pleas += other.pleas;
            beyond += other.beyond;
            thrownAway += other.thrownAway;
            recalledAssigned += other.recalledAssigned;
            recalledOnItsWay += other.recalledOnItsWay;
            recalledDone += other.recalledDone;
            voided += other.voided;
            rebalances += other.rebalances;
            duplicates += other.duplicates;
            doubtful += other.doubtful;
            delivered += other.delivered;
            return this;
        }

        @Override
        public String toString() {
            return String.format(
                    "%,d crashes (%,d with a transaction under way), %,d sessions lost, %,d of %,d transactions unknown, "
                            + "%,d sent again, %,d refused, %,d asked to wait, %,d beyond a lower maximum, %,d thrown away, recalled %,d assigned %,d on their way %,d done, "
                            + "%,d void, %,d rebalances, %,d of %,d deliveries were explained repetitions, "
                            + "%,d lost with an untold session",
                    crashes,
                    crashesWithTransaction,
                    sessionsLost,
                    unknown,
                    transactions,
                    resent,
                    refusals,
                    pleas,
                    beyond,
                    thrownAway,
                    recalledAssigned,
                    recalledOnItsWay,
                    recalledDone,
                    voided,
                    rebalances,
                    duplicates,
                    delivered,
                    doubtful);
        }
    }

    /** One packet between the two; record -1 for all but PUBLISH. */
    private record Sent(char type, int id, int record, int version, boolean duplicate, int reason) {}

    /** What the broker keeps under an id. */
    private record Kept(int record, int version, boolean thrownAway) {}

    private static final int PARTITIONS = 2;
    private static final int RECORDS = 9;
    private static final int STEPS = 150;
    private static final int IDS = 40;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int QUOTA_EXCEEDED = 0x97;
    private static final int NO_SUBSCRIBERS = 0x10;

    /** Where the records of one partition are, and how far we are. */
    private static final class Log {
        final Partition id;
        final int first;
        final long[] offsets = new long[RECORDS];
        final boolean[] deleted = new boolean[RECORDS];
        long committed;
        boolean ours = true;
        OffsetLedger ledger = new OffsetLedger();
        int position;

        Log(int number) {
            id = new Partition("group", "topic", number);
            first = number * RECORDS;
        }

        int at(long offset) {
            int index = 0;
            while (index < RECORDS && offsets[index] < offset) {
                index++;
            }
            return index;
        }

        long next() {
            return position < RECORDS ? offsets[position] : offsets[RECORDS - 1] + 1;
        }
    }

    private final Random random;

    /** For what came to the model later, so that the schedules stay what they were. */
    private final Random more;

    private final Mutant mutant;
    private final List<String> story;
    private final int window;
    private final boolean refuses;
    private final boolean throwsAway;
    private final boolean losesSessions;
    private final boolean losesConnacks;
    private final boolean rebalances;
    private final boolean deletes;
    private final boolean filters;

    /** Brokers may hand a message on when they receive it, or when it is released. */
    private final boolean deliversOnRelease;

    /** Some take another message under an id that they know for a new one in place of the old. */
    private final boolean replaces;

    /** Some count messages of earlier connections as well, and have no room for those beyond their receive maximum. */
    private final boolean countsKept;

    /** Most announce the same receive maximum on each connection; 0 if this one does not. */
    private final int fixedMaximum;

    /** Some have no room for a message now and then, whatever they announce. */
    private final boolean asksForPatience;

    final Figures figures = new Figures();

    // Kafka.
    private final Log[] logs = new Log[PARTITIONS];
    private final Map<Integer, byte[]> topic = new HashMap<>();
    private final Map<Integer, byte[]> written = new HashMap<>();
    private OutboxChange open;
    private Qos2Journal.Entry openEntry;
    private boolean openCommitted;

    /** What the entries in the topic say, so that reading them is put to the test as well. */
    private final OutboxState truth = new OutboxState();

    // The process.
    private int process;
    private Outbox outbox;
    private SendPace pace;
    private boolean pausing;
    private OutboxState state = new OutboxState();
    private boolean broken;
    private final Deque<Attempt> waiting = new ArrayDeque<>();

    // The network.
    private boolean connected;
    private final Deque<Sent> toBroker = new ArrayDeque<>();
    private final Deque<Sent> toClient = new ArrayDeque<>();
    private final Set<Integer> sentOnConnection = new HashSet<>();

    // The broker.
    private boolean hasSession;
    private final Map<Integer, Kept> unreleased = new LinkedHashMap<>();
    private final Set<Integer> unanswered = new HashSet<>();
    private int receiveMaximum = 1;

    // The checker.
    private final int[] copies = new int[PARTITIONS * RECORDS];
    private final int[] lastDelivered = new int[PARTITIONS];
    private final boolean[] mayRepeat = new boolean[PARTITIONS * RECORDS];
    private final boolean[] mayBeLost = new boolean[PARTITIONS * RECORDS];
    private final boolean[] mayComeLate = new boolean[PARTITIONS * RECORDS];
    private final boolean[] hadToWait = new boolean[PARTITIONS * RECORDS];
    private final boolean[] dropped = new boolean[PARTITIONS * RECORDS];
    private final Set<Integer> doubtful = new HashSet<>();

    /** Records that wait because the broker had no room for them. */
    private final Set<Integer> patient = new HashSet<>();

    private OutboxSimulation(long seed, Mutant mutant, List<String> story) {
        random = new Random(seed * 0x9E3779B97F4A7C15L);
        more = new Random(seed * 0xD1342543DE82EF95L);
        this.mutant = mutant;
        this.story = story;
        window = 1 + random.nextInt(6);
        refuses = random.nextInt(4) == 0;
        throwsAway = random.nextInt(4) == 0;
        losesSessions = random.nextInt(3) == 0;
        losesConnacks = random.nextInt(3) == 0;
        rebalances = random.nextInt(3) == 0;
        deletes = random.nextInt(5) == 0;
        filters = random.nextInt(3) == 0;
        deliversOnRelease = random.nextBoolean();
        replaces = random.nextInt(3) == 0;
        countsKept = random.nextInt(3) == 0;
        fixedMaximum = more.nextInt(4) == 0 ? 0 : 1 + more.nextInt(6);
        asksForPatience = more.nextInt(4) == 0;
        Arrays.fill(lastDelivered, -1);
        for (int p = 0; p < PARTITIONS; p++) {
            logs[p] = new Log(p);
            long offset = random.nextInt(3);
            for (int i = 0; i < RECORDS; i++) {
                logs[p].offsets[i] = offset;
                offset += 1 + (random.nextInt(5) == 0 ? random.nextInt(3) : 0);
            }
        }
        startProcess();
    }

    static Figures run(long seed, Mutant mutant) {
        return run(seed, mutant, null);
    }

    /** Runs a schedule; tells its story into the list, unless that is null. */
    static Figures run(long seed, Mutant mutant, List<String> story) {
        OutboxSimulation simulation = new OutboxSimulation(seed, mutant, story);
        try {
            simulation.play();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
        return simulation.figures;
    }

    private void tell(String format, Object... arguments) {
        if (story != null) {
            story.add(String.format(format, arguments));
        }
    }

    // The process.

    /** A record on its way through the pipeline. */
    private final class Attempt implements ExpectedRecords.Recalled {
        final Log log;
        final int index;
        final RecordId id;
        final OffsetLedger.Entry entry;
        final int owner = process;

        Attempt(Log log, int index) {
            this.log = log;
            this.index = index;
            id = new RecordId(log.id, log.offsets[index], fingerprint(number()));
            entry = log.ledger.read(log.offsets[index]);
        }

        int number() {
            return log.first + index;
        }

        boolean isLate() {
            return owner != process || entry.abandoned();
        }

        @Override
        public void delivered() {
            entry.settle();
        }

        @Override
        public void again() {
            if (!isLate()) {
                waiting.add(this);
            }
        }
    }

    private static long fingerprint(int number) {
        return number * 31L + 7;
    }

    private final class Message extends Publication {
        final Attempt attempt;
        final int version = process;

        Message(Attempt attempt) {
            super(2, 10);
            this.attempt = attempt;
        }

        @Override
        protected boolean isDone(int reasonCode) {
            return reasonCode != NO_SUBSCRIBERS || mutant == Mutant.CALLS_THROWN_AWAY_DONE;
        }

        @Override
        protected void accepted(int reasonCode) {
            if (isDone(reasonCode)) {
                attempt.entry.settle();
            } else {
                attempt.again();
            }
        }

        @Override
        protected void refused(int reasonCode) {
            attempt.again();
        }
    }

    private void startProcess() {
        process++;
        pausing = false;
        pace = new SendPace(() -> pausing = true);
        outbox = new Outbox(window, 1_000, pace, () -> {}, () -> {}, IDS);
        waiting.clear();
        patient.clear();
        broken = false;
        for (Log log : logs) {
            log.ledger = new OffsetLedger();
            log.position = log.at(log.committed);
        }
        state = read();
        if (mutant != Mutant.RESTORES_WHAT_WAS_ABORTED) {
            require(
                    state.slots().equals(truth.slots()) && state.done().equals(truth.done()),
                    "what is restored is not what was committed");
        }
        restoreOutbox();
        for (Log log : logs) {
            if (log.ours) {
                outbox.offsetCommitted(log.id, log.committed);
            }
        }
    }

    private OutboxState read() {
        Map<Integer, byte[]> from = mutant == Mutant.RESTORES_WHAT_WAS_ABORTED ? written : topic;
        return OutboxJournal.read(List.copyOf(from.values()));
    }

    private void restoreOutbox() {
        if (mutant == Mutant.NONE) {
            outbox.restore(state);
            return;
        }
        OutboxState restored = read();
        restored.slots()
                .values()
                .removeIf(slot -> (mutant == Mutant.FORGETS_ASSIGNED_IDS && slot.phase() == Phase.ASSIGNED)
                        || (mutant == Mutant.FORGETS_RELEASED_IDS && slot.phase() == Phase.RELEASED));
        if (mutant == Mutant.FORGETS_MARKS) {
            restored.done().clear();
        }
        outbox.restore(restored);
    }

    private final PublishSession.Packets wire = new PublishSession.Packets() {
        @Override
        public void publish(Publication publication, int packetId, boolean duplicate) {
            require(connected, "published without a connection");
            require(sentOnConnection.add(packetId), "id %d twice on one connection before it was free", packetId);
            require(sentOnConnection.size() <= Math.min(window, receiveMaximum), "more in flight than allowed");
            Message message = (Message) publication;
            boolean flag = duplicate && mutant != Mutant.SENDS_WITHOUT_DUP;
            if (flag) {
                figures.resent++;
            }
            int number = message.attempt.number();
            tell("  -> PUBLISH %d%s record %d", packetId, flag ? " DUP" : "", number);
            require(!pausing, "record %d was published although the broker had asked for patience", number);
            patient.remove(number);
            require(
                    duplicate
                            || patient.stream()
                                    .noneMatch(other -> other / RECORDS == number / RECORDS && other < number),
                    "record %d was published before %s, which wait",
                    number,
                    patient);
            toBroker.add(new Sent('P', packetId, message.attempt.number(), message.version, flag, 0));
        }

        @Override
        public void pubrel(int packetId, boolean known) {
            tell("  -> PUBREL %d%s", packetId, known ? "" : " unknown");
            toBroker.add(new Sent('R', packetId, -1, 0, false, 0));
        }
    };

    private void play() {
        for (int step = 0; step < STEPS; step++) {
            if (pausing && more.nextInt(6) == 0) {
                endPause();
            }
            switch (random.nextInt(32)) {
                case 0 -> cut();
                case 1 -> {
                    if (random.nextInt(3) == 0) {
                        crash();
                    }
                }
                case 2, 3, 4 -> connect(true);
                case 5 -> commitOffsets();
                case 6 -> rare();
                case 7, 8, 9, 10, 11 -> read(logs[random.nextInt(PARTITIONS)]);
                case 12, 13, 14 -> begin();
                case 15, 16, 17 -> decide();
                case 18, 19, 20 -> hear();
                case 21, 22, 23, 24, 25 -> brokerTakes();
                default -> clientTakes();
            }
        }
        settleDown();
    }

    private void endPause() {
        tell("the pause ends");
        pausing = false;
        pace.resume();
        outbox.resume();
    }

    private void rare() {
        switch (random.nextInt(4)) {
            case 0 -> unknown();
            case 1 -> {
                if (rebalances) {
                    rebalance(logs[random.nextInt(PARTITIONS)]);
                }
            }
            case 2 -> {
                if (deletes) {
                    delete(logs[random.nextInt(PARTITIONS)]);
                }
            }
            default -> {
                if (hasSession && losesSessions && !connected) {
                    loseSession();
                }
            }
        }
    }

    /** Reads the next record of a partition, or goes on with what could not go on. */
    private void read(Log log) {
        if (!connected || broken) {
            return;
        }
        waiting.removeIf(Attempt::isLate);
        Attempt next = waiting.poll();
        if (next != null && publish(next)) {
            return;
        }
        if (next != null) {
            // What an earlier process had sent must not wait for what has no room.
            if (!outbox.unresolved().contains(log.id)) {
                return;
            }
            Attempt own =
                    waiting.stream().filter(one -> one.log == log).findFirst().orElse(null);
            if (own != null) {
                waiting.remove(own);
                publish(own);
                return;
            }
        }
        if (!log.ours) {
            return;
        }
        while (log.position < RECORDS && log.deleted[log.position]) {
            log.position++;
        }
        if (log.position == RECORDS) {
            outbox.passed(log.id, log.next());
            return;
        }
        Attempt attempt = new Attempt(log, log.position++);
        attempt.entry.sent();
        Recollection known = outbox.recall(attempt.id, attempt);
        tell("reads record %d, which is %s", attempt.number(), known);
        if (mutant == Mutant.PUBLISHES_RECORDS_THAT_ARE_ON_THEIR_WAY && known == Recollection.ON_ITS_WAY) {
            known = Recollection.UNKNOWN;
        }
        switch (known) {
            case DONE -> {
                figures.recalledDone++;
                attempt.entry.settle();
            }
            case ON_ITS_WAY -> figures.recalledOnItsWay++;
            case ASSIGNED, UNKNOWN -> {
                figures.recalledAssigned += known == Recollection.ASSIGNED ? 1 : 0;
                if (filters && (attempt.number() * 7 + process * 13) % 5 == 0) {
                    tell("  filters it");
                    dropped[attempt.number()] = true;
                    mayComeLate[attempt.number()] = true;
                    attempt.entry.settle();
                    if (known == Recollection.ASSIGNED && mutant != Mutant.KEEPS_IDS_OF_DISOWNED_RECORDS) {
                        figures.voided++;
                        OutboxEntry entry = entry(attempt.id);
                        if (mutant == Mutant.FREES_ID_OF_RECORD_THAT_IS_GONE) {
                            entry.sent = false;
                        }
                        outbox.disown(attempt.id);
                    }
                } else {
                    publish(attempt);
                }
            }
        }
    }

    private OutboxEntry entry(RecordId record) {
        for (OutboxEntry entry : entries()) {
            if (record.equals(entry.record)) {
                return entry;
            }
        }
        throw new AssertionError("no id for " + record);
    }

    private boolean publish(Attempt attempt) {
        boolean done = outbox.publish(new Message(attempt), attempt.id, 0);
        if (!done) {
            waiting.addFirst(attempt);
        }
        return done;
    }

    private void commitOffsets() {
        for (Log log : logs) {
            if (log.ours) {
                commitOffsets(log);
            }
        }
    }

    private void commitOffsets(Log log) {
        long offset = log.ledger.takeCommittable();
        if (mutant == Mutant.REMOVES_MARKS_BEFORE_OFFSET) {
            outbox.offsetCommitted(log.id, log.next());
        }
        if (offset < 0) {
            return;
        }
        require(offset >= log.committed, "committed backwards");
        log.committed = offset;
        tell("commits offset %d of partition %d", offset, log.id.number());
        outbox.offsetCommitted(log.id, offset);
    }

    // Transactions.

    private void begin() {
        begin(random.nextInt(4) == 0);
    }

    /** Begins a transaction, if something waits for it, or there is anything to write at all. */
    private void begin(boolean anything) {
        if (open != null || broken) {
            return;
        }
        OutboxChange change = outbox.change();
        if (change.isEmpty() || !(anything || change.isAwaited())) {
            return;
        }
        figures.transactions++;
        change = mutated(change);
        open = change;
        openCommitted = false;
        openEntry = OutboxJournal.write(state, change);
        written.put(openEntry.slot(), openEntry.bytes());
        tell("begins a transaction: %s", change.puts());
        if (mutant == Mutant.PUBLISHES_BEFORE_ASSIGNMENT_IS_COMMITTED) {
            early(change, Phase.ASSIGNED);
        } else if (mutant == Mutant.RELEASES_BEFORE_COMMIT) {
            early(change, Phase.RELEASED);
        }
    }

    private OutboxChange mutated(OutboxChange change) {
        List<RecordId> done = mutant == Mutant.WRITES_NO_MARKS ? List.of() : change.done();
        List<Integer> removed = mutant == Mutant.WRITES_NO_REMOVALS ? List.of() : change.removed();
        List<Put> puts =
                mutant == Mutant.ASSIGNS_MORE_THAN_THE_BROKER_TAKES ? withoutRegardToPlaces(change) : change.puts();
        return new OutboxChange(puts, removed, done, change.committed(), change.entriesTaken, change.marksTaken);
    }

    private List<Put> withoutRegardToPlaces(OutboxChange change) {
        List<Put> puts = new ArrayList<>(change.puts());
        for (OutboxEntry entry : entries()) {
            if (entry.publication != null && entry.wanted == Phase.ASSIGNED && !entry.granted) {
                entry.granted = true;
                puts.add(new Put(entry, Phase.ASSIGNED, entry.record));
            }
        }
        return puts;
    }

    private List<OutboxEntry> entries() {
        List<OutboxEntry> all = new ArrayList<>();
        for (int id = Outbox.FIRST_ID; id < Outbox.FIRST_ID + IDS; id++) {
            OutboxEntry entry = outbox.entry(id);
            if (entry != null) {
                all.add(entry);
            }
        }
        return all;
    }

    private void early(OutboxChange change, Phase phase) {
        List<Put> puts =
                change.puts().stream().filter(put -> put.phase() == phase).toList();
        puts.forEach(put -> put.entry().writing = null);
        outbox.committed(new OutboxChange(puts, List.of(), List.of(), Map.of(), 0, 0));
    }

    private void decide() {
        if (open != null && !openCommitted) {
            openCommitted = true;
            topic.put(openEntry.slot(), openEntry.bytes());
            truth.apply(open);
            tell("Kafka commits");
        }
    }

    private void hear() {
        if (open != null && openCommitted) {
            tell("hears of the commit");
            state.apply(open);
            OutboxChange done = open;
            open = null;
            outbox.committed(done);
            if (mutant == Mutant.SETTLES_AT_PUBREC) {
                done.puts().stream()
                        .filter(put -> put.phase() == Phase.RELEASED)
                        .map(put -> put.entry().publication)
                        .filter(Message.class::isInstance)
                        .forEach(message -> ((Message) message).attempt.entry.settle());
            }
        }
    }

    /** The answer is lost: the connection is dropped, and what Kafka knows is read. */
    private void unknown() {
        if (open == null || broken) {
            return;
        }
        figures.unknown++;
        tell("does not know how the transaction ended: %s", openCommitted ? "committed" : "not committed");
        cut();
        OutboxChange last = open;
        open = null;
        if (mutant == Mutant.TAKES_UNKNOWN_FOR_COMMITTED) {
            // and goes on from what it takes for committed
            outbox.committed(last);
            state = read();
        } else {
            state = read();
            if (mutant != Mutant.TAKES_UNKNOWN_FOR_ABORTED) {
                restoreOutbox();
            }
        }
    }

    // The connection.

    private void connect(boolean mayFail) {
        if (connected || broken) {
            return;
        }
        boolean lost = mayFail && hasSession && losesSessions && random.nextInt(6) == 0;
        if (lost) {
            loseSession();
        }
        boolean present = hasSession;
        hasSession = true;
        if (mayFail && losesConnacks && random.nextInt(6) == 0) {
            tell("connects, and the answer is lost; session %s", present ? "kept" : "new");
            if (!present) {
                nobodyIsTold();
            }
            return;
        }
        connected = true;
        doubtful.clear();
        receiveMaximum = 1 + random.nextInt(6);
        if (fixedMaximum > 0) {
            receiveMaximum = fixedMaximum;
        }
        tell("connects; session %s, receive maximum %d", present ? "kept" : "new", receiveMaximum);
        // MQTT counts the messages of this connection only.
        unanswered.clear();
        sentOnConnection.clear();
        boolean told = mutant == Mutant.TAKES_EVERY_SESSION_FOR_KEPT
                || (present && mutant != Mutant.TAKES_EVERY_SESSION_FOR_LOST);
        outbox.connected(told, receiveMaximum, wire);
    }

    /** Everything that was under way may come twice; the rest is up to those who are told, or not. */
    private void loseSession() {
        figures.sessionsLost++;
        tell("the broker loses the session");
        hasSession = false;
        unreleased.values().forEach(kept -> doubtful.add(kept.record()));
        unreleased.clear();
        toBroker.clear();
        for (int number : inFlight(false)) {
            mayRepeat[number] = true;
            mayComeLate[number] = true;
        }
    }

    private void nobodyIsTold() {
        for (int number : doubtful) {
            mayBeLost[number] = true;
        }
    }

    /** The records under way, as far as Kafka or the process knows; or those of them that Kafka may take for done. */
    private Set<Integer> inFlight(boolean released) {
        Set<Integer> numbers = new HashSet<>();
        for (OutboxState known : List.of(truth, open == null || openCommitted ? truth : truth.after(open))) {
            known.slots().values().forEach(slot -> {
                RecordId record = slot.record();
                if (record != null && (!released || slot.phase() == Phase.RELEASED)) {
                    numbers.add(number(record));
                }
            });
        }
        return numbers;
    }

    private int number(RecordId record) {
        Log log = logs[record.partition().number()];
        return log.first + log.at(record.offset());
    }

    private void cut() {
        if (!connected) {
            return;
        }
        tell("the connection breaks");
        connected = false;
        toBroker.clear();
        toClient.clear();
        outbox.disconnected();
    }

    /** The process dies; the next one takes the identity over, which ends the transaction, and reads what Kafka knows. */
    private void crash() {
        cut();
        figures.crashes++;
        if (open != null) {
            figures.crashesWithTransaction++;
        }
        open = null;
        tell("the process dies");
        if (!hasSession || !doubtful.isEmpty()) {
            // Whether it had been told of the session that is gone, it has not told Kafka.
            doubtful.retainAll(inFlight(true));
        }
        for (int number : inFlight(true)) {
            if (!hasLiveId(number) && mayRepeat[number]) {
                mayBeLost[number] = true;
            }
        }
        startProcess();
    }

    private boolean hasLiveId(int number) {
        return unreleased.values().stream().anyMatch(kept -> kept.record() == number);
    }

    // Partitions.

    private void rebalance(Log log) {
        figures.rebalances++;
        if (log.ours) {
            commitOffsets(log);
            log.ledger.abandon();
            log.ours = false;
            patient.removeIf(number -> number / RECORDS == log.id.number());
            outbox.revoked(log.id);
            tell("partition %d is taken away", log.id.number());
            return;
        }
        int until = log.at(log.committed) + random.nextInt(4);
        Set<Integer> ours = inFlight(false);
        for (int i = log.at(log.committed); i < Math.min(until, RECORDS); i++) {
            int number = log.first + i;
            if (!log.deleted[i]) {
                // Another member has a session of its own.
                tell("another member publishes record %d", number);
                mayRepeat[number] = true;
                mayComeLate[number] = true;
                deliver(number);
            }
            log.committed = log.offsets[i] + 1;
        }
        // What was under way when the partition went may arrive after what the other member has published.
        ours.forEach(number -> mayComeLate[number] = true);
        log.ours = true;
        log.ledger = new OffsetLedger();
        log.position = log.at(log.committed);
        outbox.offsetCommitted(log.id, log.committed);
        tell("partition %d is ours at %d", log.id.number(), log.committed);
    }

    private void delete(Log log) {
        int index = random.nextInt(RECORDS);
        log.deleted[index] = true;
        tell("record %d is deleted", log.first + index);
    }

    // The broker.

    private void brokerTakes() {
        Sent packet = toBroker.poll();
        if (packet == null) {
            return;
        }
        if (packet.type() == 'P') {
            takePublish(packet);
            return;
        }
        Kept released = unreleased.remove(packet.id());
        tell("  broker releases %d: %s", packet.id(), released);
        if (released != null && deliversOnRelease && !released.thrownAway()) {
            deliver(released.record());
        }
        toClient.add(new Sent('C', packet.id(), -1, 0, false, released == null ? 0x92 : 0));
    }

    private void takePublish(Sent packet) {
        require(unanswered.size() < receiveMaximum, "receive maximum exceeded");
        unanswered.add(packet.id());
        Kept known = unreleased.get(packet.id());
        if (known != null) {
            require(packet.duplicate(), "id %d was used again before it was released", packet.id());
            require(
                    known.record() == packet.record(),
                    "id %d came again with record %d instead of %d",
                    packet.id(),
                    packet.record(),
                    known.record());
            if (replaces && !known.thrownAway() && known.version() != packet.version()) {
                unreleased.put(packet.id(), new Kept(packet.record(), packet.version(), false));
            }
            tell("  broker knows %d", packet.id());
            toClient.add(new Sent('R', packet.id(), -1, 0, false, known.thrownAway() ? NO_SUBSCRIBERS : 0));
            return;
        }
        if (countsKept && unreleased.size() >= receiveMaximum) {
            require(fixedMaximum == 0, "more in flight than this broker keeps");
            figures.beyond++;
            askForPatience(packet);
            return;
        }
        if (asksForPatience && more.nextInt(8) == 0) {
            figures.pleas++;
            askForPatience(packet);
            return;
        }
        if (refuses && random.nextInt(8) == 0) {
            figures.refusals++;
            mayComeLate[packet.record()] = true;
            toClient.add(new Sent('R', packet.id(), -1, 0, false, NOT_AUTHORIZED));
            return;
        }
        if (throwsAway && random.nextInt(8) == 0) {
            figures.thrownAway++;
            mayComeLate[packet.record()] = true;
            unreleased.put(packet.id(), new Kept(packet.record(), packet.version(), true));
            toClient.add(new Sent('R', packet.id(), -1, 0, false, NO_SUBSCRIBERS));
            return;
        }
        tell("  broker takes %d: record %d", packet.id(), packet.record());
        unreleased.put(packet.id(), new Kept(packet.record(), packet.version(), false));
        if (!deliversOnRelease) {
            deliver(packet.record());
        }
        toClient.add(new Sent('R', packet.id(), -1, 0, false, 0));
    }

    private void askForPatience(Sent packet) {
        tell("  broker has no room for %d", packet.id());
        hadToWait[packet.record()] = true;
        toClient.add(new Sent('R', packet.id(), packet.record(), 0, false, QUOTA_EXCEEDED));
    }

    private void deliver(int number) {
        figures.delivered++;
        tell("  delivered: record %d", number);
        copies[number]++;
        if (copies[number] > 1) {
            figures.duplicates++;
            require(mayRepeat[number], "record %d was delivered twice without need", number);
            return;
        }
        int partition = number / RECORDS;
        if (dropped[number] || logs[partition].deleted[number % RECORDS]) {
            // It is handed on when its id is freed.
            return;
        }
        if (!mayComeLate[number] && !hadToWait[number]) {
            require(
                    lastDelivered[partition] < number,
                    "record %d was delivered after record %d",
                    number,
                    lastDelivered[partition]);
        }
        lastDelivered[partition] = Math.max(lastDelivered[partition], number);
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
        tell("  <- %s %d reason %x", packet.type() == 'R' ? "PUBREC" : "PUBCOMP", packet.id(), packet.reason());
        if (packet.type() == 'C') {
            outbox.pubcomp(packet.id());
            return;
        }
        if (packet.reason() == QUOTA_EXCEEDED) {
            OutboxEntry waits = outbox.entry(packet.id());
            if (waits != null && waits.publication != null && waits.onWire && !mayComeLate[packet.record()]) {
                patient.add(packet.record());
            }
        }
        outbox.pubrec(packet.id(), packet.reason());
        if (mutant == Mutant.SENDS_WHILE_ASKED_FOR_PATIENCE && pausing) {
            pace.resume();
            outbox.resume();
        }
        OutboxEntry entry = outbox.entry(packet.id());
        if (mutant == Mutant.FREES_ID_AT_PUBREC && entry != null) {
            entry.releaseSent = true;
            outbox.pubcomp(packet.id());
            sentOnConnection.remove(packet.id());
        }
    }

    // The end.

    /** With nothing more going wrong, everything has to arrive and be committed, and nothing be left over. */
    private void settleDown() {
        tell("nothing goes wrong any more");
        for (Log log : logs) {
            if (!log.ours) {
                rebalance(log);
            }
        }
        for (int round = 0; round < 20 * RECORDS && !isSettled(); round++) {
            connect(false);
            if (pausing) {
                endPause();
            }
            for (Log log : logs) {
                read(log);
            }
            step(this::begin, this::decide, this::hear);
            while (!toBroker.isEmpty()) {
                brokerTakes();
            }
            while (!toClient.isEmpty()) {
                clientTakes();
            }
            commitOffsets();
        }
        tell("%s", outbox);
        for (Log log : logs) {
            for (int i = 0; i < RECORDS; i++) {
                int number = log.first + i;
                if (copies[number] == 0 && mayBeLost[number]) {
                    figures.doubtful++;
                }
                require(
                        copies[number] > 0 || dropped[number] || log.deleted[i] || mayBeLost[number],
                        "record %d was lost",
                        number);
            }
            require(log.ledger.open() == 0, "the ledger still holds records");
        }
        require(outbox.unfinished() == 0 && outbox.bytes() == 0, "the outbox still holds messages");
        step(() -> begin(true), this::decide, this::hear);
        OutboxState left = OutboxJournal.read(List.copyOf(topic.values()));
        require(unreleased.isEmpty(), "the broker waits for the release of %s", unreleased);
        require(left.size() == 0, "%d ids are left", left.size());
        require(
                left.done().isEmpty(),
                "marks are left in %d partitions",
                left.done().size());
    }

    private boolean isSettled() {
        for (Log log : logs) {
            if (log.position < RECORDS || log.ledger.open() > 0) {
                return false;
            }
        }
        return outbox.unfinished() == 0
                && outbox.unresolved().isEmpty()
                && unreleased.isEmpty()
                && toBroker.isEmpty()
                && toClient.isEmpty()
                && open == null
                && outbox.waiting() == 0;
    }

    private static void step(Runnable... steps) {
        for (Runnable step : steps) {
            step.run();
        }
    }

    private static void require(boolean holds, String otherwise, Object... arguments) {
        if (!holds) {
            throw new AssertionError(String.format(otherwise, arguments));
        }
    }
}
