package io.mqttkafka.bridge.core.session;

import static io.mqttkafka.bridge.core.session.Violation.Promise.ACKNOWLEDGED_IN_ORDER;
import static io.mqttkafka.bridge.core.session.Violation.Promise.ALL_ACKNOWLEDGED;
import static io.mqttkafka.bridge.core.session.Violation.Promise.BOUNDED_MEMORY;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NEVER_MISTAKEN;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NOTHING_LOST;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_EARLY_ACKNOWLEDGEMENT;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_FALSE_ACCUSATION;
import static io.mqttkafka.bridge.core.session.Violation.Promise.NO_UNEXPLAINED_DUPLICATE;

import io.mqttkafka.bridge.core.session.ModelKafka.Send;
import io.mqttkafka.bridge.core.session.ModelMqttBroker.Manner;
import io.mqttkafka.bridge.core.session.Packet.Type;
import io.mqttkafka.bridge.core.session.Schedule.Event;
import io.mqttkafka.bridge.core.session.Schedule.Kind;
import io.mqttkafka.bridge.core.session.Schedule.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A bridge between a {@link ModelMqttBroker} and a {@link ModelKafka}, run through a {@link Schedule}.
 *
 * <p>The bridge is the {@link Subject}, which is all of it that can be wrong, and the shortest possible pipeline around it:
 * a message goes to its open routes at once, an acknowledgement leaves when the acknowledger has been woken and its turn
 * comes, a failed record drops the connection a few events later. There is one thread and no clock.
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
        long late;

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
            late += other.late;
            return this;
        }

        @Override
        public String toString() {
            return String.format(
                    "%,d events: %,d messages on %,d connections, %,d crashes, %,d sessions lost, %,d failures;"
                            + " %,d received, %,d of them again, under %,d ids used again;"
                            + " %,d suppressed, %,d acknowledged, %,d completed;"
                            + " %,d explained duplicates, %,d explained late ones",
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
                    late);
        }
    }

    private final Schedule schedule;
    private final World world;
    private final Subject.Factory factory;
    private final List<String> trace;
    private final Figures figures = new Figures();

    private final ModelMqttBroker broker;
    private final ModelKafka kafka;

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

    // The checker's book.
    private final List<Message> messages = new ArrayList<>();
    private final Receipt[] latest = new Receipt[MOST_MESSAGES + 1];

    /** What the bridge received on this connection and has not acknowledged. */
    private final Deque<Packet> unacknowledged = new ArrayDeque<>();

    private int memory;

    /** A CONNACK was lost: the broker may have replaced the session unseen, and the bridge must forget. */
    private boolean doubtful;

    /** Whether the bridge connected in such doubt: then it may still trust its ids of QoS 2, but not after. */
    private boolean inDoubt;

    private long now;
    private long activity;

    private SourceSimulation(Schedule schedule, Subject.Factory factory, List<String> trace) {
        this.schedule = schedule;
        this.world = schedule.world();
        this.factory = factory;
        this.trace = trace;
        this.broker = new ModelMqttBroker(world.manner(), world.idChoice(), world.releasesCount());
        this.kafka = new ModelKafka(MOST_MESSAGES + 1, world.topics());
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
        figures.late = kafka.late();
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
        int qos = 1 + (argument >>> 8) % 2;
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
        boolean present = broker.connect(receiveMaximum);
        broker.subscribe();
        brokerIsConnected = true;
        bridgeIsConnected = true;
        figures.connections++;
        note("bridge", "connects, session present: ", present);
        inDoubt = present && doubtful;
        if (!present || doubtful) {
            doubtful = false;
            memory++;
        }
        subject.connecting();
        subject.connected(present);
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
            fail(failed, argument);
        }
    }

    private void producerBreaks(int argument) {
        SplittableRandom random = new SplittableRandom(argument);
        for (Send failed : kafka.breakProducer(open -> random.nextInt(open + 1))) {
            fail(failed, argument);
        }
    }

    private void fail(Send failed, int argument) {
        figures.failures++;
        note("Kafka", "fails ", failed);
        failed.receipt.failed = true;
        if (subject.failed(failed.receipt.delivery) && bridgeIsConnected && dropIn == 0) {
            dropIn = 1 + argument % 3;
        }
    }

    // ---- the bridge

    private void start(int withReceiveMaximum) {
        receiveMaximum = withReceiveMaximum;
        awake = false;
        subject = factory.start(receiveMaximum, () -> awake = true);
        memory++;
        note("bridge", "starts with receive maximum ", receiveMaximum);
    }

    private void crash(int argument) {
        figures.crashes++;
        figures.suppressed += subject.suppressed();
        brokerCloses(argument);
        note("bridge", "crashes");
        SplittableRandom random = new SplittableRandom(argument);
        kafka.crash(open -> random.nextInt(open + 1));
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
            Packet packet = toBridge.remove();
            note("bridge", "reads ", packet);
            try {
                if (packet.type() == Type.PUBLISH) {
                    receive(packet);
                } else {
                    subject.released(packet.id());
                }
            } catch (ProtocolViolation e) {
                throw new Violation(NO_FALSE_ACCUSATION, "after " + packet + ": " + e.getMessage());
            }
        }
    }

    private void receive(Packet packet) {
        Message message = packet.message();
        figures.received++;
        figures.receivedAgain += packet.duplicate() ? 1 : 0;
        unacknowledged.add(packet);
        Delivery delivery = subject.published(
                packet.id(), message.qos(), packet.duplicate(), message.fingerprint(), message.routes(), now);
        if (delivery == null) {
            note("bridge", "takes it for a repetition");
            checkSuppression(packet);
            return;
        }
        Receipt receipt = takeIn(packet, delivery);
        for (int route = 0; route < message.routes(); route++) {
            if (subject.isOpen(delivery, route)) {
                checkRepetition(packet, route);
                note("bridge", "sends ", message, " for route ", route);
                kafka.send(receipt, route);
            }
        }
        latest[message.number()] = receipt;
    }

    private Receipt takeIn(Packet packet, Delivery delivery) {
        Message message = packet.message();
        Receipt known = known(packet);
        long open = known != null ? known.open : Delivery.mask(message.routes());
        return new Receipt(message, delivery, memory, open);
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

    // ---- the checker

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

    private boolean isRemembered(Receipt receipt) {
        return receipt.memory == memory || inDoubt && receipt.memory == memory - 1 && receipt.message.qos() == 2;
    }

    private void checkSuppression(Packet packet) {
        Receipt receipt = latest[packet.message().number()];
        if (receipt != null && isRemembered(receipt)) {
            receipt.memory = memory;
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
        if (isHonest() && subject.remembered() > most) {
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
        long before = -1;
        for (int round = 0; before != activity || dropIn > 0; round++) {
            if (round == MOST_ROUNDS) {
                throw new Violation(ALL_ACKNOWLEDGED, "it never comes to rest");
            }
            before = activity;
            notice(round);
            connect();
            brokerSends(Integer.MAX_VALUE);
            bridgeReads(Integer.MAX_VALUE);
            for (int partition = 0; partition < ModelKafka.PARTITIONS; partition++) {
                kafkaWrites(partition);
                kafkaConfirms(partition);
            }
            acknowledge(2);
            brokerReads(Integer.MAX_VALUE);
            check(round);
        }
        checkEnd();
    }

    private void checkEnd() {
        if (inDoubt) {
            // Only then does the bridge forget the ids that did not come again.
            disconnect(0);
            connect();
        }
        if (!broker.kept().isEmpty()) {
            throw new Violation(
                    ALL_ACKNOWLEDGED,
                    broker.kept() + " at the broker" + (subject.owesAcknowledgement() ? "; nobody woke" : ""));
        }
        if (subject.unacknowledged() != 0) {
            throw new Violation(ALL_ACKNOWLEDGED, subject.unacknowledged() + " in the session");
        }
        if (isHonest() && subject.remembered() != 0) {
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
                if (copies > 1 && message.qos() == 2 && exactlyOnce) {
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
