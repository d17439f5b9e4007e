package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.testkit.ManualClock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The topics, groups and transactions of a {@link FakeKafka}, and whether it can be reached.
 *
 * <p>Thread-safe: the lock is this object, and whoever waits for something to become true is woken by every event.
 */
final class KafkaCore {

    static final Node NODE = new Node(1, "fake-kafka", 9092);

    private final InstantSource recordTime;
    private final BridgeClock clock;
    private final boolean autoCreate;
    private final int partitions;
    private final KafkaFaults faults;
    private final Map<String, List<PartitionLog>> topics = new TreeMap<>();
    private final Map<String, Long> limits = new HashMap<>();
    private final Map<String, KafkaGroup> groups = new TreeMap<>();
    private final Map<String, FakeProducer> identities = new HashMap<>();
    private final Map<String, String> claims = new HashMap<>();
    private final Set<FakeProducer> producers = new LinkedHashSet<>();
    private final Set<FakeConsumer> consumers = new LinkedHashSet<>();
    private final List<Question> questions = new ArrayList<>();
    private boolean running = true;
    private int made;

    KafkaCore(InstantSource recordTime, boolean autoCreate, int partitions) {
        this.recordTime = recordTime;
        clock = recordTime instanceof BridgeClock own ? own : BridgeClock.SYSTEM;
        faults = new KafkaFaults(this, clock);
        if (clock instanceof ManualClock manual) {
            manual.onAdvance(this::wake);
        }
        this.autoCreate = autoCreate;
        this.partitions = partitions;
    }

    BridgeClock clock() {
        return clock;
    }

    KafkaFaults faults() {
        return faults;
    }

    synchronized boolean isRunning() {
        return running;
    }

    void setRunning(boolean now) {
        List<Question> due = new ArrayList<>();
        synchronized (this) {
            running = now;
            notifyAll();
            if (now) {
                due.addAll(questions);
                questions.clear();
            }
        }
        // Whoever asked can take locks of its own when it hears.
        due.forEach(question -> question.answer().run());
    }

    /** A question that nobody is there to answer. */
    private record Question(BooleanSupplier over, Runnable answer) {}

    /**
     * Answers a question now, or when this can be reached again.
     *
     * @param over whether nobody waits for the answer any more
     * @param answer answers it
     */
    void whenRunning(BooleanSupplier over, Runnable answer) {
        synchronized (this) {
            if (!running) {
                questions.removeIf(question -> question.over().getAsBoolean());
                questions.add(new Question(over, answer));
                return;
            }
        }
        answer.run();
    }

    /** Says when a client gives up that waits so long. */
    Deadline deadline(Duration timeout) {
        return new Deadline(true, clock.nanos() + timeout.toNanos(), System.nanoTime() + timeout.toNanos());
    }

    /** Says when to look again, by the machine's time. */
    static Deadline machineDeadline(Duration timeout) {
        return new Deadline(false, 0, System.nanoTime() + timeout.toNanos());
    }

    /**
     * When a wait ends.
     *
     * @param byClock whether the clock counts, beside the machine's time: a test that does not move it would be stuck
     * @param clockNanos when, by the clock
     * @param machineNanos when, by {@link System#nanoTime()}
     */
    record Deadline(boolean byClock, long clockNanos, long machineNanos) {}

    private boolean isOver(Deadline deadline) {
        return System.nanoTime() - deadline.machineNanos >= 0
                || (deadline.byClock && clock.nanos() - deadline.clockNanos >= 0);
    }

    /** Waits for Kafka to be there; false if it is not in time. */
    synchronized boolean awaitRunning(Deadline deadline) {
        while (!running) {
            if (!await(deadline)) {
                return false;
            }
        }
        return true;
    }

    /** Waits for the next event; false if there is no time left. */
    synchronized boolean await(Deadline deadline) {
        return await(deadline, deadline.machineNanos - System.nanoTime());
    }

    private boolean await(Deadline deadline, long nanos) {
        if (isOver(deadline)) {
            return false;
        }
        try {
            TimeUnit.NANOSECONDS.timedWait(this, nanos);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new org.apache.kafka.common.errors.InterruptException(e);
        }
    }

    /** Holds the caller up as the fault says, but not beyond the deadline; returns whether it may go on. */
    synchronized boolean passDelay(KafkaFault fault, Deadline deadline) {
        while (faults.holdsUp(fault)) {
            if (!awaitHeldUp(fault, deadline)) {
                return false;
            }
        }
        // A clock that has jumped over both has passed the deadline first.
        return !isTooLate(fault, deadline);
    }

    /** Says whether the deadline comes before the end of the delay. */
    static boolean isTooLate(KafkaFault fault, Deadline deadline) {
        return fault.delayed() && deadline.byClock && fault.untilNanos() - deadline.clockNanos > 0;
    }

    /** Waits for the next event, the end of the delay included; false if there is no time left. */
    synchronized boolean awaitHeldUp(KafkaFault fault, Deadline deadline) {
        long left = deadline.machineNanos - System.nanoTime();
        // Another clock tells of its moves.
        boolean ends = fault.delayed() && clock == BridgeClock.SYSTEM;
        return await(deadline, ends ? Math.min(left, Math.max(1, fault.untilNanos() - clock.nanos())) : left);
    }

    private synchronized void wake() {
        notifyAll();
    }

    /** Notes who has taken the identity of a client over. */
    synchronized void claim(String clientId, String owner) {
        claims.put(clientId, owner);
    }

    synchronized @Nullable String lastClaim(String clientId) {
        return claims.get(clientId);
    }

    // Topics.

    boolean createsTopics() {
        return autoCreate;
    }

    /** Sets how large a record of a topic may be. */
    synchronized void limit(String topic, long mostBytes) {
        limits.put(topic, mostBytes);
    }

    /** Says how large a record of a topic may be. */
    synchronized long limit(String topic) {
        return limits.getOrDefault(topic, Long.MAX_VALUE);
    }

    synchronized void create(String topic, int count) {
        Topic.validate(topic);
        if (topics.containsKey(topic)) {
            throw new IllegalStateException("The topic '" + topic + "' exists");
        }
        List<PartitionLog> logs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            logs.add(new PartitionLog(topic, i));
        }
        topics.put(topic, List.copyOf(logs));
        groups.values().forEach(group -> group.assign(topics));
        notifyAll();
    }

    /** Returns the partitions of a topic, which is created if that is allowed; null if it is missing. */
    synchronized @Nullable List<PartitionLog> partitions(String topic, boolean create) {
        if (create && autoCreate && !topics.containsKey(topic)) {
            create(topic, partitions);
        }
        return topics.get(topic);
    }

    synchronized List<PartitionInfo> describe(String topic, boolean create) {
        List<PartitionLog> logs = partitions(topic, create);
        List<PartitionInfo> described = new ArrayList<>();
        Node[] replicas = {NODE};
        for (int i = 0; logs != null && i < logs.size(); i++) {
            described.add(new PartitionInfo(topic, i, NODE, replicas, replicas));
        }
        return described;
    }

    synchronized Set<String> topics() {
        return Set.copyOf(topics.keySet());
    }

    synchronized PartitionLog log(TopicPartition partition) {
        List<PartitionLog> logs = topics.get(partition.topic());
        if (logs == null || partition.partition() >= logs.size()) {
            throw new IllegalArgumentException("There is no partition " + partition);
        }
        return logs.get(partition.partition());
    }

    /** Chooses the partition as Kafka does: what the record says, else by the hash of the key, else the emptiest. */
    synchronized int place(ProducerRecord<byte[], byte[]> record) {
        List<PartitionLog> logs = partitions(record.topic(), true);
        if (logs == null) {
            throw new org.apache.kafka.common.errors.UnknownTopicOrPartitionException(
                    "There is no topic '" + record.topic() + "'");
        }
        if (record.partition() != null) {
            if (record.partition() >= logs.size()) {
                throw new KafkaException("The topic '" + record.topic() + "' has no partition " + record.partition());
            }
            return record.partition();
        }
        byte[] key = record.key();
        if (key != null) {
            return Utils.toPositive(Utils.murmur2(key)) % logs.size();
        }
        int emptiest = 0;
        for (int i = 1; i < logs.size(); i++) {
            if (logs.get(i).end() < logs.get(emptiest).end()) {
                emptiest = i;
            }
        }
        return emptiest;
    }

    synchronized long append(
            ProducerRecord<byte[], byte[]> record, int partition, @Nullable KafkaTransaction transaction) {
        long offset =
                log(new TopicPartition(record.topic(), partition)).append(record, recordTime.millis(), transaction);
        notifyAll();
        return offset;
    }

    synchronized List<Confirmation> confirmations(String topic) {
        List<Confirmation> all = new ArrayList<>();
        topics.getOrDefault(topic, List.of()).forEach(log -> all.addAll(log.confirmations()));
        return all;
    }

    synchronized List<ConsumerRecord<byte[], byte[]>> written(String topic) {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        topics.getOrDefault(topic, List.of()).forEach(log -> all.addAll(log.written()));
        return all;
    }

    synchronized String summary() {
        List<String> lines = new ArrayList<>();
        topics.values().forEach(logs -> logs.forEach(log -> lines.add(log.summary())));
        groups.forEach((name, group) -> lines.add("group %s: %s".formatted(name, group.summary())));
        faults.happened().forEach(fault -> lines.add("fault " + fault));
        return lines.isEmpty() ? "no topic" : String.join("\n", lines);
    }

    // Producers.

    synchronized int opened(FakeProducer producer) {
        producers.add(producer);
        return ++made;
    }

    synchronized void closed(FakeProducer producer) {
        producers.remove(producer);
        notifyAll();
    }

    synchronized int producers() {
        return producers.size();
    }

    /** Gives the identity to this producer, and shuts the one out that had it. */
    synchronized void takeOver(String transactionalId, FakeProducer producer) {
        FakeProducer before = identities.put(transactionalId, producer);
        if (before != null && before != producer) {
            before.shutOut();
        }
        notifyAll();
    }

    synchronized void end(@Nullable KafkaTransaction transaction, boolean commit) {
        if (transaction != null) {
            transaction.end(commit);
        }
        notifyAll();
    }

    synchronized void expireTransactions() {
        identities.values().forEach(FakeProducer::expireTransaction);
        notifyAll();
    }

    // Consumers.

    synchronized KafkaGroup group(String name) {
        return groups.computeIfAbsent(name, one -> new KafkaGroup());
    }

    synchronized void opened(FakeConsumer consumer) {
        consumers.add(consumer);
    }

    synchronized void closed(FakeConsumer consumer, KafkaGroup group) {
        consumers.remove(consumer);
        group.leave(consumer);
        group.assign(topics);
        notifyAll();
    }

    synchronized void joined(FakeConsumer consumer, KafkaGroup group) {
        group.join(consumer);
        group.assign(topics);
        notifyAll();
    }

    /** Gives the members of a group up for dead; they notice at their next poll, and join again. */
    synchronized void evict(String name) {
        KafkaGroup group = group(name);
        for (FakeConsumer member : group.members()) {
            group.leave(member);
            member.evicted();
        }
        notifyAll();
    }

    synchronized int consumers() {
        return consumers.size();
    }
}
