package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.ModelMqttBroker.IdChoice;
import io.mqttkafka.bridge.core.session.ModelMqttBroker.Manner;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Everything that happens in one simulation. The same seed makes the same schedule. An event that cannot happen when its
 * turn comes does nothing, so that a schedule makes sense with any of its events left out.
 */
record Schedule(long seed, World world, List<Event> events) {
    /** What can happen. */
    enum Kind {
        PUBLISHER_PUBLISHES(24),
        BROKER_SENDS(20),
        BROKER_READS(14),
        BRIDGE_READS(24),
        BRIDGE_ACKNOWLEDGES(18),
        KAFKA_WRITES(18),
        KAFKA_CONFIRMS(24),
        PARTITION_HANGS(1),
        PARTITION_GOES_ON(2),
        /** A message of a route has to wait, and those behind it. */
        LANE_CLOSES(2),
        LANE_OPENS(6),
        BRIDGE_CONNECTS(12),
        BRIDGE_DISCONNECTS(1),
        /** The broker sees the connection end; the bridge goes on for a while. */
        CONNECTION_BREAKS(3),
        BRIDGE_NOTICES(6),
        BRIDGE_SUBSCRIBES(20, true),
        /** The last route of a message comes to a result, so that a transaction can take it. */
        MESSAGE_IS_PREPARED(30, true),
        TRANSACTION_BEGINS(40, true),
        TRANSACTION_IS_COMMITTED(36, true),
        BRIDGE_HEARS_OF_COMMIT(24, true),
        RECORD_FAILS(2),
        PRODUCER_BREAKS(1),
        /** Because of one of its records, which its route decides about anew. */
        TRANSACTION_IS_ABORTED(16, true),
        /** Committed or not: the bridge never hears which. */
        OUTCOME_IS_UNKNOWN(8, true),
        BRIDGE_CRASHES(2),
        BROKER_LOSES_SESSION(2),
        /** The broker accepts a connection, and the bridge never hears of it. */
        CONNACK_GETS_LOST(6),
        BROKER_FORGETS_MESSAGE(3);

        final int weight;

        /** Happens only where packet ids go to Kafka. */
        final boolean durable;

        Kind(int weight) {
            this(weight, false);
        }

        Kind(int weight, boolean durable) {
            this.weight = weight;
            this.durable = durable;
        }
    }

    /**
     * One thing that happens.
     *
     * @param kind what
     * @param argument decides the details; not negative
     */
    record Event(Kind kind, int argument) {}

    /**
     * Where it happens.
     *
     * @param receiveMaximum of the bridge when it starts for the first time
     * @param routes for each topic how many routes match it
     * @param payloads how many different payloads a topic has; 0 if no two messages have the same
     * @param faults what may go wrong besides the network
     * @param manner how the broker behaves
     * @param idChoice how it chooses packet ids
     * @param releasesCount how it counts against the receive maximum
     * @param greedy whether it sends on beyond the receive maximum, as mosquitto before 2.0.13
     * @param durable whether records of QoS 2 and their packet ids go to Kafka in one transaction
     */
    record World(
            int receiveMaximum,
            List<Integer> routes,
            int payloads,
            Set<Kind> faults,
            Manner manner,
            IdChoice idChoice,
            boolean releasesCount,
            boolean greedy,
            boolean durable) {
        int topics() {
            return routes.size();
        }

        boolean allows(Kind kind) {
            return (durable || !kind.durable) && (kind.compareTo(Kind.RECORD_FAILS) < 0 || faults.contains(kind));
        }
    }

    /** The bridge starts with one of these, and again with one of them after a crash. */
    private static final int[] RECEIVE_MAXIMA = {1, 2, 3, 5, 8};

    private static final int LEAST_EVENTS = 40;
    private static final int MOST_EVENTS = 160;
    private static final Kind[] WHEEL = wheel();

    static Schedule of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        World world = world(random);
        int size = random.nextInt(LEAST_EVENTS, MOST_EVENTS);
        List<Event> events = new ArrayList<>(size);
        while (events.size() < size) {
            Kind kind = WHEEL[random.nextInt(WHEEL.length)];
            if (world.allows(kind)) {
                events.add(new Event(kind, random.nextInt(Integer.MAX_VALUE)));
            }
        }
        return new Schedule(seed, world, events);
    }

    private static World world(SplittableRandom random) {
        Manner manner = random.nextInt(4) > 0 ? Manner.CORRECT : pick(random, Manner.values());
        Set<Kind> faults = EnumSet.noneOf(Kind.class);
        if (random.nextBoolean()) {
            faults.add(Kind.RECORD_FAILS);
            faults.add(Kind.PRODUCER_BREAKS);
            faults.add(Kind.TRANSACTION_IS_ABORTED);
            faults.add(Kind.OUTCOME_IS_UNKNOWN);
        }
        if (random.nextBoolean()) {
            faults.add(Kind.BRIDGE_CRASHES);
        }
        if (random.nextBoolean()) {
            faults.add(Kind.BROKER_LOSES_SESSION);
            if (random.nextBoolean()) {
                faults.add(Kind.CONNACK_GETS_LOST);
            }
        }
        // Who uses an id for two messages at a time, and they look the same, cannot be told which of them it gets.
        boolean unique = manner == Manner.REUSES_IDS_IN_FLIGHT || manner == Manner.EXPIRES_IN_FLIGHT;
        if (manner == Manner.EXPIRES_IN_FLIGHT) {
            faults.add(Kind.BROKER_FORGETS_MESSAGE);
        }
        int topics = 1 + random.nextInt(3);
        List<Integer> routes = new ArrayList<>(topics);
        for (int topic = 0; topic < topics; topic++) {
            routes.add(random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(ModelKafka.MOST_ROUTES));
        }
        return new World(
                receiveMaximum(random.nextInt(RECEIVE_MAXIMA.length)),
                routes,
                unique ? 0 : random.nextInt(4),
                faults,
                manner,
                pick(random, IdChoice.values()),
                random.nextBoolean(),
                random.nextInt(6) == 0,
                random.nextInt(4) > 0);
    }

    static int receiveMaximum(int argument) {
        return RECEIVE_MAXIMA[argument % RECEIVE_MAXIMA.length];
    }

    private static <T> T pick(SplittableRandom random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    private static Kind[] wheel() {
        List<Kind> wheel = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (int i = 0; i < kind.weight; i++) {
                wheel.add(kind);
            }
        }
        return wheel.toArray(new Kind[0]);
    }

    /**
     * Leaves out as many events as possible: first long runs of them, then shorter ones, then single ones.
     *
     * @param stillFails whether a shorter schedule shows the same
     */
    Schedule shrink(Predicate<Schedule> stillFails) {
        Schedule smallest = this;
        int length = Math.max(1, events.size() / 2);
        while (length > 0) {
            int before = smallest.events.size();
            int start = 0;
            while (start < smallest.events.size()) {
                Schedule shorter = smallest.without(start, Math.min(start + length, smallest.events.size()));
                if (stillFails.test(shorter)) {
                    smallest = shorter;
                } else {
                    start += length;
                }
            }
            if (length > 1 || smallest.events.size() == before) {
                length /= 2;
            }
        }
        return smallest;
    }

    private Schedule without(int from, int to) {
        List<Event> rest = new ArrayList<>(events.subList(0, from));
        rest.addAll(events.subList(to, events.size()));
        return new Schedule(seed, world, rest);
    }
}
