package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.fake.Happening;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is to go wrong between a {@link FakeMqttBroker} and its clients, packet by packet.
 *
 * <pre>{@code
 * broker.faults()
 *         .on(MqttPacketType.PUBACK).fromClient().nth(3).dropConnection()
 *         .after(MqttPacketType.PUBLISH).toClient().every(10).closeConnection()
 *         .on(MqttPacketType.PUBREC).fromClient().withProbability(0.1).dropPacket();
 * }</pre>
 *
 * <p>A fault <em>on</em> a packet happens before it: before the broker looks at what a client sent, or before a client
 * is sent it, and in its place unless the fault says otherwise. A fault <em>after</em> a packet happens when the broker
 * has done all the packet asks for, or has sent it. Where several faults meet a packet, the first in the script happens;
 * all of them count it. Thread-safe.
 */
public final class FaultScript {

    private static final int KEPT = 10_000;

    /** How long {@link #awaitHappened} waits at the longest. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Object lock;
    private final Runnable reusePacketIds;
    private final List<FaultRule> rules = new ArrayList<>();
    private final Deque<String> happened = new ArrayDeque<>();
    private long count;
    private long seed = ThreadLocalRandom.current().nextLong();
    private boolean seedTold;
    private boolean byChance;

    FaultScript(Object lock, Runnable reusePacketIds) {
        this.lock = lock;
        this.reusePacketIds = reusePacketIds;
    }

    /** Begins a fault that happens before a packet of this type, or in its place. */
    public FaultRule on(MqttPacketType type) {
        return new FaultRule(this, type, false);
    }

    /** Begins a fault that happens after a packet of this type. */
    public FaultRule after(MqttPacketType type) {
        return new FaultRule(this, type, true);
    }

    /**
     * Uses each packet id again as soon as it is free, from here on, as some brokers do and the specification allows.
     * Default: the broker takes the next id, and begins again after 65535.
     */
    public FaultScript reusePacketIds() {
        reusePacketIds.run();
        return this;
    }

    /**
     * Sets the seed of the faults that happen by chance, to replay an earlier run. Default: a new one for each broker,
     * printed when the first such fault is added.
     */
    public FaultScript seed(long value) {
        synchronized (lock) {
            seed = value;
            seedTold = true;
            return this;
        }
    }

    /** Returns the seed of the faults that happen by chance. */
    public long seed() {
        synchronized (lock) {
            return seed;
        }
    }

    /** Removes all faults; what has happened to connections stays. */
    public FaultScript clear() {
        synchronized (lock) {
            rules.clear();
            return this;
        }
    }

    /** Returns in words the faults that have happened, the latest 10,000 in order. */
    public List<String> happened() {
        synchronized (lock) {
            return List.copyOf(happened);
        }
    }

    /**
     * Returns in lines the faults that have happened and, if any were to happen by chance, the seed that replays them;
     * empty if there is nothing to say.
     */
    public String summary() {
        synchronized (lock) {
            List<String> lines = new ArrayList<>(happened);
            if (byChance) {
                lines.add("by chance, from faults().seed(" + seed + "L)");
            }
            return String.join("\n", lines);
        }
    }

    /**
     * Waits until at least this many faults have happened, all together and from the beginning.
     *
     * @throws AssertionError if that does not come about within {@link #PATIENCE}
     */
    public FaultScript awaitHappened(int faults) {
        synchronized (lock) {
            if (!Happening.await(lock, () -> count >= faults, PATIENCE)) {
                throw new AssertionError("Expected %d faults to happen within %d s, but %d have: %s; never: %s"
                        .formatted(faults, PATIENCE.toSeconds(), count, happened, neverHappened()));
            }
            return this;
        }
    }

    /**
     * Returns in words the faults in force that have not happened yet, those by chance left out: in a test that is over,
     * what it did not test.
     */
    public List<String> neverHappened() {
        synchronized (lock) {
            return rules.stream()
                    .filter(rule -> !rule.hasHappened() && !rule.isRandom())
                    .map(FaultRule::toString)
                    .toList();
        }
    }

    FaultScript add(FaultRule rule) {
        synchronized (lock) {
            rule.inForce(rules.size());
            rules.add(rule);
            byChance |= rule.isRandom();
            if (rule.isRandom() && !seedTold) {
                seedTold = true;
                // a failed run is replayed with it
                System.out.println("FakeMqttBroker: faults by chance use faults().seed(" + seed + "L)");
            }
            return this;
        }
    }

    /** Returns what is to happen with this packet; null if nothing is. The caller holds the lock. */
    @Nullable
    FaultAction next(boolean after, Direction direction, ClientConnection connection, MqttPacket packet) {
        if (rules.isEmpty()) {
            return null;
        }
        String client =
                packet.type() == MqttPacketType.CONNECT ? packet.connect().clientId() : connection.clientId();
        FaultRule first = null;
        for (FaultRule rule : List.copyOf(rules)) {
            if (rule.isAfter() == after && rule.meets(direction, client, packet, seed) && first == null) {
                first = rule;
            }
        }
        if (first == null) {
            return null;
        }
        first.happened();
        note("#%d %s %s, %s".formatted(connection.number(), client, packet, first));
        return first.action();
    }

    private void note(String text) {
        if (happened.size() == KEPT) {
            happened.removeFirst();
        }
        happened.addLast(text);
        count++;
        lock.notifyAll();
    }
}
