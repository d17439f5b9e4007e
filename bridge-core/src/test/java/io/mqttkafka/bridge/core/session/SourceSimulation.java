package io.mqttkafka.bridge.core.session;

import static io.mqttkafka.bridge.core.session.Violation.Promise.ACKNOWLEDGED_IN_ORDER;
import static io.mqttkafka.bridge.core.session.Violation.Promise.ALL_ACKNOWLEDGED;
import static io.mqttkafka.bridge.core.session.Violation.Promise.BOUNDED_MEMORY;
import static io.mqttkafka.bridge.core.session.Violation.Promise.GENERATION_BEFORE_SUBSCRIBE;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NEVER_MISTAKEN;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NOTHING_LOST;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_EARLY_ACKNOWLEDGEMENT;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_EARLY_COMPLETION;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_FALSE_ACCUSATION;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_UNEXPLAINED_DUPLICATE;
import static io.mqttkafka.bridge.core.session.Violation.Promise.STATE_IS_RESTORED;

import io.mqttkafka.bridge.core.session.ModelKafka.Send;
import io.mqttkafka.bridge.core.session.ModelMqttBroker.Manner;
import io.mqttkafka.bridge.core.session.ModelTransactions.Transaction;
import io.mqttkafka.bridge.core.session.Packet.Type;
import io.mqttkafka.bridge.core.session.Schedule.Event;
import io.mqttkafka.bridge.core.session.Schedule.Kind;
import io.mqttkafka.bridge.core.session.Schedule.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A bridge between a {@link ModelMqttBroker} and a {@link ModelKafka}, run through a {@link Schedule}.
 *
 * <p>The bridge is the {@link Subject}, which is all of it that can be wrong, and the shortest possible pipeline around it:
 * a message goes to its open routes at once, an acknowledgement leaves when the acknowledger has been woken and its turn
 * comes, a failed record drops the connection a few events later. There is one thread and no clock.
 *
 * <p>In three of four worlds messages of QoS 2 are durable: their records and packet ids go to {@link ModelTransactions}, in
 * the order of receipt and in groups, and a process that starts knows what the journal tells it. There a message of QoS 2
 * has to be in Kafka once, whatever crashes, unless the table of failures says otherwise: the broker is not honest, or has
 * begun a session that nobody who could tell Kafka has heard of.
 *
 * <p>The promises are checked when they can be broken, not afterwards: the records are looked for in Kafka when the
 * acknowledgement leaves the bridge, and a repetition has to be justified when it is sent to Kafka. For that the checker
 * keeps its own book, one {@link Receipt} for each message that the bridge took in. When the schedule is over everything is
 * mended, and then nothing may be missing and nothing left.
 */
final class SourceSimulation {
    private static final int MOST_MESSAGES = 40;
    private static final int MOST_ROUNDS = 1_000;

    /** What has happened, so that a test can tell that something has. */
    static final class Figures {
        long events;
        long messages;
        long connections;
        long crashes;
        long sessionsLost;
        long failures;
        long received;
        long receivedAgain;
        long idsUsedAgain;
        long suppressed;
        long acknowledgements;
        long releases;
        long duplicates;
        long breaks;
        long heldInLanes;
        long durableSchedules;
        long transactions;
        long aborted;
        long unknown;
        long restored;
        long generations;
        long cutDown;

        Figures plus(Figures other) {
            events += other.events;
            messages += other.messages;
            connections += other.connections;
            crashes += other.crashes;
            sessionsLost += other.sessionsLost;
            failures += other.failures;
            received += other.received;
            receivedAgain += other.receivedAgain;
            idsUsedAgain += other.idsUsedAgain;
            suppressed += other.suppressed;
            acknowledgements += other.acknowledgements;
            releases += other.releases;
            duplicates += other.duplicates;
            breaks += other.breaks;
            heldInLanes += other.heldInLanes;
            durableSchedules += other.durableSchedules;
            transactions += other.transactions;
            aborted += other.aborted;
            unknown += other.unknown;
            restored += other.restored;
            generations += other.generations;
            cutDown += other.cutDown;
            return this;
        }

        @Override
        public String toString() {
            return String.format(
                    "%,d events: %,d messages on %,d connections, %,d crashes, %,d sessions lost, %,d failures;"
                            + " %,d received, %,d of them again, under %,d ids used again;"
                            + " %,d suppressed, %,d acknowledged, %,d completed;"
                            + " %,d explained duplicates, %,d producers broken, %,d records held in lanes;"
                            + " %,d schedules with transactions: %,d committed, %,d aborted, %,d of unknown outcome, %,d"
                            + " cut down by a crash, %,d generations, %,d ids restored",
                    events,
                    messages,
                    connections,
                    crashes,
                    sessionsLost,
                    failures,
                    received,
                    receivedAgain,
                    idsUsedAgain,
                    suppressed,
                    acknowledgements,
                    releases,
                    duplicates,
                    breaks,
                    heldInLanes,
                    durableSchedules,
                    transactions,
                    aborted,
                    unknown,
                    cutDown,
                    generations,
                    restored);
        }
    }

    private final Schedule schedule;
    private final World world;
    private final Subject.Factory factory;
    private final List<String> trace;
    private final Figures figures = new Figures();

    private final ModelMqttBroker broker;
    private final ModelKafka kafka;
    private final ModelTransactions transactions;

    // The network. A connection has two ends, and they may disagree for a while on whether there is one.
    private final Deque<Packet> toBroker = new ArrayDeque<>();
    private final Deque<Packet> toBridge = new ArrayDeque<>();
    private boolean brokerIsConnected;
    private boolean bridgeIsConnected;

    // The bridge.
    private Subject subject;
    private int receiveMaximum;
    private boolean awake;

    /** After how many events the connection is dropped because of a failure; 0 if it is not. */
    private int dropIn;

    /** What waits for each route, in the order of receipt; null if nothing need wait. */
    private final List<Deque<Receipt>> lanes = new ArrayList<>(Collections.nCopies(ModelKafka.MOST_ROUTES, null));

    /** The producer writes nothing more, and there is no other before the next connection. */
    private boolean sinkBroken;

    /** Durable messages that are not committed, in the order of receipt. */
    private final Deque<Receipt> waiting = new ArrayDeque<>();

    private boolean committerAwake;

    /** Nobody knows how a transaction ended; nothing is written before a restart. */
    private boolean broken;

    private boolean subscribeDue;

    /** The bridge has heard of a new session and has not subscribed since. */
    private boolean toldOfNewSession;

    // The checker's book.
    private final List<Message> messages = new ArrayList<>();
    private final Receipt[] latest = new Receipt[MOST_MESSAGES + 1];

    /** What the bridge received on this connection and has not acknowledged. */
    private final Deque<Packet> unacknowledged = new ArrayDeque<>();

    private int memory;

    /** The same for ids of QoS 2, which outlive a lost CONNACK. */
    private int idMemory;

    private int processes;
    private int connection;

    /** The broker's session that each message was sent on. */
    private final Map<Integer, Integer> sessions = new HashMap<>();

    /** Durable messages that may come twice, because the bridge could not know whether it may trust their ids. */
    private final BitSet mayComeTwice = new BitSet();

    private int largestWindow;

    /** A CONNACK was lost: the broker may have replaced the session unseen, and the bridge must forget. */
    private boolean doubtful;

    /** Whether the bridge connected in such doubt: it may trust its ids of QoS 2 until it subscribes, and after if something comes again. */
    private boolean inDoubt;

    /** Whether nothing has shown yet that the session is the one whose ids the bridge remembers. */
    private boolean unproven;

    private long now;
    private long activity;

    private SourceSimulation(Schedule schedule, Subject.Factory factory, List<String> trace) {
        this.schedule = schedule;
        this.world = schedule.world();
        this.factory = factory;
        this.trace = trace;
        this.broker = new ModelMqttBroker(world.manner(), world.idChoice(), world.releasesCount(), world.greedy());
        this.kafka = new ModelKafka(MOST_MESSAGES + 1, world.topics(), world.durable());
        this.transactions = new ModelTransactions(kafka);
    }

    /**
     * Runs a schedule.
     *
     * @return what happened
     * @throws Violation if a promise was broken
     */
    static Figures run(Schedule schedule, Subject.Factory factory) {
        return new SourceSimulation(schedule, factory, null).run();
    }

    /** Runs a schedule, and returns why it failed; null if it did not. */
    static Violation violation(Schedule schedule, Subject.Factory factory) {
        try {
            run(schedule, factory);
            return null;
        } catch (Violation violation) {
            return violation;
        }
    }

    /** Tells the story of a schedule, one line for each thing that happens, up to the promise it breaks. */
    static List<String> trace(Schedule schedule, Subject.Factory factory) {
        List<String> trace = new ArrayList<>();
        try {
            new SourceSimulation(schedule, factory, trace).run();
        } catch (Violation violation) {
            trace.add(violation.getMessage());
        }
        return trace;
    }

    private Figures run() {
        start(world.receiveMaximum());
        if (world.durable() && schedule.seed() % 2 == 0) {
            connect();
            begin(1);
            commit();
            hearOfCommit();
            subscribe();
        }
        for (Event event : schedule.events()) {
            now++;
            happen(event);
            check(event.argument());
        }
        mend();
        figures.events = schedule.events().size();
        figures.messages = messages.size();
        figures.idsUsedAgain = broker.idsUsedAgain();
        figures.suppressed += subject.suppressed();
        figures.duplicates = kafka.duplicates();
        figures.durableSchedules = world.durable() ? 1 : 0;
        return figures;
    }

    private void happen(Event event) {
        int argument = event.argument();
        switch (event.kind()) {
            case PUBLISHER_PUBLISHES -> publish(argument);
            case BROKER_SENDS -> brokerSends(1 + argument % 4);
            case BROKER_READS -> brokerReads(1 + argument % 4);
            case BRIDGE_READS -> bridgeReads(1 + argument % 4);
            case BRIDGE_ACKNOWLEDGES -> acknowledge(1 + argument % 4);
            case KAFKA_WRITES -> kafkaWrites(argument);
            case KAFKA_CONFIRMS -> kafkaConfirms(argument);
            case PARTITION_HANGS -> hang(argument, true);
            case PARTITION_GOES_ON -> hang(argument, false);
            case LANE_CLOSES -> closeLane(argument % ModelKafka.MOST_ROUTES);
            case LANE_OPENS -> openLane(argument % ModelKafka.MOST_ROUTES);
            case BRIDGE_CONNECTS -> connect();
            case BRIDGE_DISCONNECTS -> disconnect(argument);
            case CONNECTION_BREAKS -> brokerCloses(argument);
            case BRIDGE_NOTICES -> notice(argument);
            case RECORD_FAILS -> recordFails(argument);
            case PRODUCER_BREAKS -> producerBreaks(argument);
            case BRIDGE_CRASHES -> crash(argument);
            case BROKER_LOSES_SESSION -> loseSession(argument);
            case CONNACK_GETS_LOST -> loseConnack();
            case BROKER_FORGETS_MESSAGE -> forget(argument);
            case BRIDGE_SUBSCRIBES -> subscribe();
            case MESSAGE_IS_PREPARED -> prepare(argument);
            case TRANSACTION_BEGINS -> begin(1 + argument % 4);
            case TRANSACTION_IS_COMMITTED -> {
                commit();
                if (argument % 2 == 0) {
                    hearOfCommit();
                }
            }
            case BRIDGE_HEARS_OF_COMMIT -> hearOfCommit();
            case TRANSACTION_IS_ABORTED -> abort(argument);
            case OUTCOME_IS_UNKNOWN -> loseOutcome(argument);
        }
    }

    // ---- the MQTT broker and the network

    private void publish(int argument) {
        int number = messages.size() + 1;
        if (number > MOST_MESSAGES) {
            return;
        }
        int topic = argument % world.topics();
        int payload = world.payloads() == 0 ? number : (argument >>> 4) % world.payloads();
        int qos = world.durable() && (argument >>> 8) % 4 > 0 ? 2 : 1 + (argument >>> 8) % 2;
        long fingerprint = topic * 1_000L + payload;
        Message message = new Message(number, topic, qos, world.routes().get(topic), fingerprint);
        if (broker.publish(message)) {
            messages.add(message);
            note("publisher", "publishes ", message.describe());
        }
    }

    private void brokerSends(int most) {
        Packet packet;
        for (int i = 0; brokerIsConnected && i < most && (packet = broker.next()) != null; i++) {
            toBridge.add(packet);
            note("broker", "sends ", packet);
        }
    }

    private void brokerReads(int most) {
        for (int i = 0; brokerIsConnected && i < most && !toBroker.isEmpty(); i++) {
            Packet packet = toBroker.remove();
            note("broker", "reads ", packet);
            broker.receive(packet);
        }
    }

    private void connect() {
        if (bridgeIsConnected) {
            return;
        }
        if (broken) {
            restart();
        }
        mendSink();
        boolean present = broker.connect(receiveMaximum);
        brokerIsConnected = true;
        bridgeIsConnected = true;
        connection++;
        figures.connections++;
        note("bridge", "connects, session present: ", present);
        unproven = present && (unproven || doubtful);
        inDoubt = unproven;
        if (!present || doubtful) {
            doubtful = false;
            memory++;
        }
        if (!present) {
            idMemory++;
        }
        subject.connecting();
        subject.connected(present);
        committerAwake = true;
        subscribeDue = true;
        toldOfNewSession |= !present;
        if (!world.durable()) {
            subscribe();
        }
    }

    private void subscribe() {
        if (!subscribeDue || !bridgeIsConnected) {
            return;
        }
        if (inDoubt && world.durable() && brokerIsConnected && (broker.sendsAgain() || !toBridge.isEmpty())) {
            // The bridge waits a moment for what proves the session, and that is on its way.
            return;
        }
        if (inDoubt) {
            giveUpIdsInDoubt();
        }
        if (world.durable() && (subject.generationDue() || subject.forgettingDue())) {
            return;
        }
        subscribeDue = false;
        note("bridge", "subscribes");
        if (!brokerIsConnected) {
            return;
        }
        if (isHonest() && toldOfNewSession && freshIds() > 0) {
            throw new Violation(
                    GENERATION_BEFORE_SUBSCRIBE,
                    "Kafka still knows the ids " + transactions.ids() + " of another session");
        }
        toldOfNewSession = false;
        broker.subscribe();
    }

    /** Nothing has come again so far, and what is subscribed could use the ids. */
    private void giveUpIdsInDoubt() {
        inDoubt = false;
        unproven = false;
        for (Receipt receipt : latest) {
            if (receipt != null && receipt.connection != connection) {
                mayComeTwice.set(receipt.message.number());
            } else if (receipt != null && receipt.message.qos() == 2 && receipt.memory == idMemory) {
                receipt.memory = idMemory + 1;
            }
        }
        idMemory++;
        subject.subscribing();
        committerAwake = true;
    }

    /** Ids in the committed state that somebody has to see to. */
    private int freshIds() {
        return transactions.ids().size() - transactions.staleIds();
    }

    /** The broker's end closes: some packets still arrive there, some are still to be read at the other end. */
    private void brokerCloses(int argument) {
        if (!brokerIsConnected) {
            return;
        }
        brokerReads(argument % (toBroker.size() + 1));
        note("network", "breaks, ", toBroker.size(), " packets to the broker are lost");
        brokerIsConnected = false;
        toBroker.clear();
        int arriving = (argument >>> 8) % (toBridge.size() + 1);
        while (toBridge.size() > arriving) {
            note("network", "loses ", toBridge.removeLast());
        }
    }

    private void notice(int argument) {
        if (bridgeIsConnected && !brokerIsConnected) {
            disconnect(argument);
        }
    }

    private void disconnect(int argument) {
        if (!bridgeIsConnected) {
            return;
        }
        brokerCloses(argument);
        note("bridge", "disconnects");
        bridgeIsConnected = false;
        inDoubt = false;
        dropIn = 0;
        toBridge.clear();
        unacknowledged.clear();
        subject.disconnected();
    }

    private void loseSession(int argument) {
        brokerCloses(argument);
        broker.loseSession();
        figures.sessionsLost++;
        note("broker", "loses the session");
    }

    private void loseConnack() {
        if (!bridgeIsConnected) {
            broker.connect(receiveMaximum);
            subject.connecting();
            doubtful = true;
            note("network", "loses a CONNACK");
        }
    }

    private void forget(int argument) {
        if (!brokerIsConnected && broker.forgetOne(argument)) {
            note("broker", "forgets a message");
        }
    }

    // ---- Kafka

    private void kafkaWrites(int argument) {
        Send written = null;
        for (int i = 0; written == null && i < ModelKafka.PARTITIONS; i++) {
            written = kafka.write((argument + i) % ModelKafka.PARTITIONS);
        }
        if (written != null) {
            note("Kafka", "writes ", written);
        }
    }

    private void kafkaConfirms(int argument) {
        Send confirmed = null;
        for (int i = 0; confirmed == null && i < ModelKafka.PARTITIONS; i++) {
            confirmed = kafka.confirm((argument + i) % ModelKafka.PARTITIONS);
        }
        if (confirmed != null) {
            note("Kafka", "confirms ", confirmed);
            confirmed.receipt.open &= ~(1L << confirmed.route);
            subject.done(confirmed.receipt.delivery, confirmed.route);
        }
    }

    private void hang(int argument, boolean hangs) {
        kafka.hang(argument % ModelKafka.PARTITIONS, hangs);
        note("Kafka", "partition ", argument % ModelKafka.PARTITIONS, (hangs ? " hangs" : " goes on"));
    }

    private void recordFails(int argument) {
        Send failed = null;
        for (int i = 0; failed == null && i < ModelKafka.PARTITIONS; i++) {
            failed = kafka.fail((argument + i) % ModelKafka.PARTITIONS);
        }
        if (failed != null) {
            figures.breaks++;
            fail(failed, argument);
            if (subject.closesProducer()) {
                failAll(kafka.close(), argument);
                sinkBroken = true;
            }
        }
    }

    private void producerBreaks(int argument) {
        SplittableRandom random = new SplittableRandom(argument);
        failAll(kafka.crash(open -> random.nextInt(open + 1)), argument);
        sinkBroken = true;
    }

    private void failAll(List<Send> failed, int argument) {
        failed.forEach(send -> fail(send, argument));
    }

    private void fail(Send failed, int argument) {
        note("Kafka", "fails ", failed);
        fail(failed.receipt, argument);
    }

    private void fail(Receipt failed, int argument) {
        figures.failures++;
        failed.failed = true;
        if (subject.failed(failed.delivery) && bridgeIsConnected && dropIn == 0) {
            dropIn = 1 + argument % 3;
        }
    }

    // ---- lanes, and the producer behind them

    private void closeLane(int route) {
        if (lanes.get(route) == null) {
            lanes.set(route, new ArrayDeque<>());
        }
    }

    private void openLane(int route) {
        Deque<Receipt> waiting = lanes.set(route, null);
        if (waiting != null) {
            waiting.forEach(receipt -> send(receipt, route));
        }
    }

    private void send(Receipt receipt, int route) {
        Deque<Receipt> lane = lanes.get(route);
        if (lane != null) {
            figures.heldInLanes++;
            lane.add(receipt);
        } else if (receipt.delivery.failed()) {
            note("bridge", "lets go of ", receipt.message, " for route ", route);
        } else if (sinkBroken) {
            note("bridge", "has no producer for ", receipt.message, " for route ", route);
            fail(receipt, route);
        } else {
            note("bridge", "sends ", receipt.message, " for route ", route);
            kafka.send(receipt, route);
        }
    }

    /** Makes another producer, for what comes again and what never will. */
    private void mendSink() {
        if (sinkBroken) {
            sinkBroken = false;
            subject.giveUpPlain();
            for (Receipt receipt : latest) {
                if (receipt != null && receipt.delivery.failed()) {
                    receipt.failed = true;
                }
            }
            note("bridge", "makes a new producer");
        }
    }

    // ---- the bridge

    private void start(int withReceiveMaximum) {
        receiveMaximum = withReceiveMaximum;
        largestWindow = Math.max(largestWindow, receiveMaximum);
        awake = false;
        processes++;
        subject = factory.start(
                new Subject.Process(processes, world.durable(), () -> awake = true, () -> committerAwake = true));
        memory++;
        idMemory++;
        note("bridge", "starts with receive maximum ", receiveMaximum);
        if (world.durable()) {
            restore();
        }
    }

    private void crash(int argument) {
        figures.crashes++;
        figures.suppressed += subject.suppressed();
        brokerCloses(argument);
        note("bridge", "crashes");
        SplittableRandom random = new SplittableRandom(argument);
        kafka.crash(open -> random.nextInt(open + 1));
        sinkBroken = false;
        Collections.fill(lanes, null);
        settleByFencing(random.nextBoolean());
        waiting.clear();
        broken = false;
        toldOfNewSession = false;
        committerAwake = false;
        transactions.ids().forEach((id, message) -> {
            if (sessions.get(message.number()) != broker.session() || !broker.exists()) {
                transactions.markStale(id);
            }
        });
        bridgeIsConnected = false;
        inDoubt = false;
        dropIn = 0;
        toBridge.clear();
        unacknowledged.clear();
        doubtful = false;
        start(Schedule.receiveMaximum(argument >>> 16));
    }

    private void bridgeReads(int most) {
        for (int i = 0; bridgeIsConnected && i < most && !toBridge.isEmpty(); i++) {
            if (toBridge.element().type() == Type.PUBLISH && !subject.hasRoom(receiveMaximum)) {
                return;
            }
            Packet packet = toBridge.remove();
            note("bridge", "reads ", packet);
            try {
                if (packet.type() == Type.PUBLISH) {
                    receive(packet);
                } else {
                    if (inDoubt) {
                        endDoubt();
                    }
                    subject.released(packet.id());
                }
            } catch (ProtocolViolation e) {
                throw new Violation(NO_FALSE_ACCUSATION, "after " + packet + ": " + e.getMessage());
            }
        }
    }

    private void receive(Packet packet) {
        Message message = packet.message();
        boolean durable = isDurable(message);
        sessions.put(message.number(), broker.session());
        figures.received++;
        figures.receivedAgain += packet.duplicate() ? 1 : 0;
        unacknowledged.add(packet);
        if (inDoubt && packet.duplicate()) {
            endDoubt();
        }
        Delivery delivery = subject.published(
                packet.id(), message.qos(), packet.duplicate(), message.fingerprint(), message.routes(), now);
        if (delivery == null) {
            note("bridge", "takes it for a repetition");
            if (durable) {
                checkDurableSuppression(packet);
            } else {
                checkSuppression(packet);
            }
            return;
        }
        Receipt receipt = takeIn(packet, delivery);
        receipt.connection = connection;
        if (durable) {
            delivery.tag(receipt, 0);
            waiting.add(receipt);
            latest[message.number()] = receipt;
            return;
        }
        for (int route = 0; route < message.routes(); route++) {
            if (subject.isOpen(delivery, route)) {
                checkRepetition(packet, route);
                send(receipt, route);
            }
        }
        latest[message.number()] = receipt;
    }

    private Receipt takeIn(Packet packet, Delivery delivery) {
        Message message = packet.message();
        Receipt known = known(packet);
        long open = known != null ? known.open : Delivery.mask(message.routes());
        return new Receipt(message, delivery, memoryOf(message), open);
    }

    private void acknowledge(int most) {
        if (awake) {
            awake = false;
            int count = subject.acknowledge(acknowledgements, most);
            awake |= count == most;
        }
    }

    private final SourceSession.Acknowledgements acknowledgements = new SourceSession.Acknowledgements() {
        @Override
        public void puback(int packetId, Delivery delivery) {
            leave(Packet.of(Type.PUBACK, packetId), 1);
        }

        @Override
        public void pubrec(int packetId, Delivery delivery) {
            leave(Packet.of(Type.PUBREC, packetId), 2);
        }

        @Override
        public void pubcomp(int packetId, boolean known) {
            figures.releases++;
            checkCompletion(packetId);
            transmit(Packet.of(Type.PUBCOMP, packetId));
        }
    };

    private void leave(Packet acknowledgement, int qos) {
        figures.acknowledgements++;
        checkAcknowledgement(acknowledgement, qos);
        transmit(acknowledgement);
    }

    private void transmit(Packet packet) {
        if (!bridgeIsConnected) {
            throw new Violation(ACKNOWLEDGED_IN_ORDER, packet + " without a connection");
        }
        note("bridge", "sends ", packet);
        if (brokerIsConnected) {
            toBroker.add(packet);
        }
    }

    // ---- the committer

    private boolean isDurable(Message message) {
        return world.durable() && message.qos() == 2 && message.routes() > 0;
    }

    private void prepare(int argument) {
        int chosen = argument % Math.max(1, waiting.size());
        for (Receipt receipt : waiting) {
            // The oldest one and another: what is prepared out of order has to wait.
            if (!receipt.complete && chosen-- <= 0 || receipt == waiting.peek() && !receipt.complete) {
                receipt.complete = true;
                committerAwake = true;
                note("bridge", "has prepared ", receipt.message);
            }
        }
    }

    private void begin(int most) {
        if (broken || transactions.open() != null || !committerAwake) {
            return;
        }
        committerAwake = false;
        List<Receipt> units = new ArrayList<>();
        for (Receipt receipt : waiting) {
            if (units.size() == most || !receipt.complete) {
                break;
            }
            units.add(receipt);
        }
        Qos2Change change =
                subject.change(units.stream().map(unit -> unit.delivery).toList());
        if (!units.isEmpty() || !change.isEmpty()) {
            Transaction transaction =
                    new Transaction(subject.clientId(), units, change, Qos2Journal.write(subject.state(), change));
            note("bridge", "begins a ", transaction);
            transactions.begin(transaction);
        }
    }

    private void commit() {
        if (transactions.open() == null || transactions.openIsCommitted()) {
            return;
        }
        note("Kafka", "commits the ", transactions.open());
        for (Receipt unit : transactions.open().units()) {
            checkCommit(unit.message);
        }
        transactions.commit();
        figures.transactions++;
        figures.generations += transactions.open().change().newGeneration() ? 1 : 0;
    }

    private void hearOfCommit() {
        if (!transactions.openIsCommitted()) {
            return;
        }
        Transaction transaction = transactions.end();
        note("bridge", "hears of the commit");
        transaction.units().forEach(waiting::remove);
        committerAwake |= !waiting.isEmpty();
        subject.committed(transaction.change(), transaction.deliveries());
    }

    private void abort(int argument) {
        if (transactions.open() == null
                || transactions.openIsCommitted()
                || transactions.open().units().isEmpty()) {
            return;
        }
        figures.aborted++;
        Transaction transaction = transactions.end();
        Receipt culprit = transaction.units().get(argument % transaction.units().size());
        note("Kafka", "aborts the transaction because of ", culprit.message);
        culprit.complete = false;
        committerAwake = true;
        subject.aborted(transaction.change());
    }

    private void loseOutcome(int argument) {
        if (transactions.open() != null) {
            figures.unknown++;
            subject.unknown(transactions.open().change());
            settleByFencing(argument % 2 == 0);
            note("bridge", "never hears how the transaction ended");
            broken = true;
            if (bridgeIsConnected && dropIn == 0) {
                dropIn = 1 + (argument >>> 1) % 3;
            }
        }
    }

    /** Ends what an earlier producer has left open: it is committed if that was asked for in time. */
    private void settleByFencing(boolean inTime) {
        if (transactions.open() != null) {
            figures.cutDown++;
            if (inTime) {
                commit();
            }
            transactions.end();
        }
    }

    /** Gives up what is not committed, and begins afresh with what Kafka knows. */
    private void restart() {
        waiting.forEach(receipt -> {
            receipt.failed = true;
            subject.failed(receipt.delivery);
        });
        waiting.clear();
        broken = false;
        restore();
    }

    private void restore() {
        try {
            subject.restore(transactions);
        } catch (IllegalArgumentException e) {
            throw new Violation(STATE_IS_RESTORED, e.getMessage());
        }
        figures.restored += transactions.ids().size();
        note("bridge", "reads the ids ", transactions.ids());
        Map<Integer, Long> restored = new HashMap<>();
        subject.state().forEach(restored::put);
        unproven = subject.remembered() > 0;
        if (!restored.keySet().equals(transactions.ids().keySet())) {
            throw new Violation(STATE_IS_RESTORED, restored.keySet() + " instead of " + transactions.ids());
        }
    }

    // ---- the checker

    private void checkCommit(Message message) {
        if (isHonest() && !mayComeTwice.get(message.number()) && kafka.copies(message.number(), 0) > 0) {
            throw new Violation(NO_UNEXPLAINED_DUPLICATE, message + " is committed again");
        }
    }

    private void checkDurableSuppression(Packet packet) {
        Message message = packet.message();
        Receipt receipt = latest[message.number()];
        boolean pending = receipt != null && waiting.contains(receipt) && !receipt.failed;
        if (pending || kafka.copies(message.number(), 0) > 0) {
            if (receipt != null) {
                receipt.connection = connection;
            }
            return;
        }
        throw new Violation(NEVER_MISTAKEN, packet + " is not known and taken for a repetition");
    }

    private void checkCompletion(int packetId) {
        Message known = transactions.ids().get(packetId);
        if (isHonest() && known != null && !transactions.isStale(packetId)) {
            throw new Violation(NO_EARLY_COMPLETION, "PUBCOMP id " + packetId + ", which Kafka knows as " + known);
        }
    }

    private boolean isHonest() {
        return world.manner() == Manner.CORRECT;
    }

    /** What the bridge has to know of a message when it comes again. Null if it cannot or need not know anything. */
    private Receipt known(Packet packet) {
        Receipt receipt = latest[packet.message().number()];
        boolean forgotten = receipt == null
                || !isRemembered(receipt)
                // It may have arrived, and then the id is free for another message.
                || packet.message().qos() == 1 && receipt.acknowledged;
        return forgotten || !isHonest() ? null : receipt;
    }

    /** A broker that sends again has kept the session: the bridge has to know its ids from now on. */
    private void endDoubt() {
        inDoubt = false;
        unproven = false;
    }

    private boolean isRemembered(Receipt receipt) {
        return receipt.memory == memoryOf(receipt.message);
    }

    private int memoryOf(Message message) {
        return message.qos() == 2 ? idMemory : memory;
    }

    private void checkSuppression(Packet packet) {
        Receipt receipt = latest[packet.message().number()];
        if (receipt != null && isRemembered(receipt)) {
            receipt.connection = connection;
            return;
        }
        throw new Violation(NEVER_MISTAKEN, packet + " is not known and taken for a repetition");
    }

    private void checkRepetition(Packet packet, int route) {
        Receipt known = known(packet);
        if (known == null) {
            return;
        }
        if (!known.failed) {
            throw new Violation(NO_UNEXPLAINED_DUPLICATE, packet + " is sent to Kafka again");
        }
        if ((known.open & (1L << route)) == 0) {
            throw new Violation(NO_UNEXPLAINED_DUPLICATE, packet + " is sent again for route " + route);
        }
    }

    private void checkAcknowledgement(Packet acknowledgement, int qos) {
        Packet oldest = unacknowledged.stream()
                .filter(packet -> packet.message().qos() == qos)
                .findFirst()
                .orElse(null);
        unacknowledged.remove(oldest);
        if (oldest == null || oldest.id() != acknowledgement.id()) {
            throw new Violation(ACKNOWLEDGED_IN_ORDER, acknowledgement + " instead of one for " + oldest);
        }
        Message message = oldest.message();
        Receipt receipt = latest[message.number()];
        if (receipt != null) {
            receipt.acknowledged = true;
        }
        if (isHonest() && isDurable(message) && transactions.ids().get(oldest.id()) != message) {
            throw new Violation(
                    NO_EARLY_ACKNOWLEDGEMENT, acknowledgement + " for " + message + " before Kafka knows its id");
        }
        for (int route = 0; route < message.routes(); route++) {
            if (kafka.copies(message.number(), route) == 0) {
                throw new Violation(
                        NO_EARLY_ACKNOWLEDGEMENT,
                        acknowledgement + " for " + message + " before Kafka has it for route " + route);
            }
        }
    }

    private void check(int argument) {
        if (dropIn > 0 && --dropIn == 0) {
            disconnect(argument);
        }
        int most = world.allows(Kind.CONNACK_GETS_LOST) ? 2 * receiveMaximum : receiveMaximum;
        if (world.durable()) {
            // What is released is remembered until that is committed, and the broker goes on meanwhile.
            most = 2 * largestWindow + transactions.staleIds();
        }
        if (unacknowledged.size() > receiveMaximum) {
            throw new Violation(BOUNDED_MEMORY, unacknowledged.size() + " messages are unacknowledged");
        }
        if (isHonest() && !world.greedy() && subject.remembered() > most) {
            throw new Violation(BOUNDED_MEMORY, subject.remembered() + " ids are remembered");
        }
        if (bridgeIsConnected && subject.unacknowledged() != unacknowledged.size()) {
            throw new Violation(
                    BOUNDED_MEMORY,
                    subject.unacknowledged() + " are said to be unacknowledged, not " + unacknowledged.size());
        }
    }

    /** Lets everything work again, waits until nothing happens any more, and looks at what there is. */
    private void mend() {
        note("", "everything is mended");
        for (int partition = 0; partition < ModelKafka.PARTITIONS; partition++) {
            kafka.hang(partition, false);
        }
        for (int route = 0; route < ModelKafka.MOST_ROUTES; route++) {
            openLane(route);
        }
        long before = -1;
        for (int round = 0; before != activity || dropIn > 0; round++) {
            if (round == MOST_ROUNDS) {
                throw new Violation(ALL_ACKNOWLEDGED, "it never comes to rest");
            }
            before = activity;
            notice(round);
            connect();
            subscribe();
            brokerSends(Integer.MAX_VALUE);
            bridgeReads(Integer.MAX_VALUE);
            for (int partition = 0; partition < ModelKafka.PARTITIONS; partition++) {
                kafkaWrites(partition);
                kafkaConfirms(partition);
            }
            prepare(round);
            begin(8);
            commit();
            hearOfCommit();
            acknowledge(8);
            brokerReads(Integer.MAX_VALUE);
            check(round);
        }
        checkEnd();
    }

    private void checkEnd() {
        if (!broker.kept().isEmpty()) {
            throw new Violation(
                    ALL_ACKNOWLEDGED,
                    broker.kept() + " at the broker" + (subject.owesAcknowledgement() ? "; nobody woke" : ""));
        }
        if (subject.unacknowledged() != 0) {
            throw new Violation(ALL_ACKNOWLEDGED, subject.unacknowledged() + " in the session");
        }
        if (isHonest() && freshIds() != 0) {
            throw new Violation(BOUNDED_MEMORY, transactions.ids() + " stay in Kafka for ever");
        }
        if (isHonest() && subject.remembered() > transactions.staleIds()) {
            throw new Violation(BOUNDED_MEMORY, subject.remembered() + " ids are remembered for ever");
        }
        boolean exactlyOnce = world.manner() == Manner.CORRECT
                && !world.allows(Kind.RECORD_FAILS)
                && !world.allows(Kind.BRIDGE_CRASHES)
                // After a lost CONNACK the bridge must not trust what it remembers.
                && !world.allows(Kind.CONNACK_GETS_LOST);
        for (Message message : messages) {
            for (int route = 0; route < message.routes(); route++) {
                int copies = kafka.copies(message.number(), route);
                if (copies == 0 && broker.isAcknowledged(message.number())) {
                    throw new Violation(NOTHING_LOST, message + " for route " + route);
                }
                boolean durableOnce = isHonest() && isDurable(message) && !mayComeTwice.get(message.number());
                if (copies > 1 && message.qos() == 2 && (exactlyOnce || durableOnce)) {
                    throw new Violation(NO_UNEXPLAINED_DUPLICATE, copies + " copies of " + message);
                }
            }
        }
    }

    private void note(String who, Object... what) {
        activity++;
        if (trace != null) {
            StringBuilder line = new StringBuilder(String.format("%4d  %-9s  ", now, who));
            for (Object part : what) {
                line.append(part);
            }
            trace.add(line.toString());
        }
    }
}
