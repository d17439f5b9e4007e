package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka within this JVM, in memory and without a network, that starts in less than a millisecond and fails on demand.
 *
 * <pre>{@code
 * try (FakeKafka kafka = FakeKafka.start();
 *         Bridge bridge = application.newBridge(mqtt.serverUri(), kafka.bootstrapServers()).start()) {
 *     mqtt.publish("sensors/7/temp", "21.5", 1);
 *     kafka.awaitRecords("telemetry", 1);
 * }
 * }</pre>
 *
 * <p>A bridge reaches it by its {@link #bootstrapServers()}, which no other client does: the name leads nowhere outside
 * this JVM. What is to go wrong is said by {@link #faults()}; {@link #stop()} makes it unreachable.
 *
 * <p>It has topics and partitions, Kafka's placement by key, transactions and their markers, fencing, consumers of
 * committed records, and groups with rebalances. It never gives up members that do not poll, nor transactions that take
 * long: say {@link #evict} and {@link #expireTransactions()}. Compaction and retention it has not. Thread-safe.
 */
public final class FakeKafka implements KafkaBroker {

    /** How long the methods that wait do so. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final AtomicInteger STARTED = new AtomicInteger();

    // "invalid" is reserved: no name server knows it.
    private final String address = "fake-kafka-" + STARTED.incrementAndGet() + ".invalid:9092";
    private final KafkaCore core;

    private FakeKafka(KafkaCore core) {
        this.core = core;
        FakeKafkaFinder.register(address, new Clients(core), core.clock());
    }

    /** Makes the engine's clients. */
    private record Clients(KafkaCore core) implements KafkaClients {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            return new FakeProducer(core, properties);
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            return new FakeConsumer(core, properties);
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return FakeAdmin.of(core);
        }

        @Override
        public StateTopic stateTopic(KafkaOptions options, String clientId) {
            return new FakeStateTopic(core, options.transactions().stateTopic());
        }
    }

    /**
     * Starts one with the defaults: topics are created when they are first written to, with one partition. Those that a route
     * reads have to be there when the bridge starts, as in any Kafka: {@link #createTopic}.
     */
    public static FakeKafka start() {
        return builder().start();
    }

    /** Returns a builder for one that needs more than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@inheritDoc} Here it is a name that bridges of this JVM know. */
    @Override
    public String bootstrapServers() {
        return address;
    }

    /** Makes it unreachable: records wait, nothing is read, nothing is committed. Does nothing if it is so already. */
    @Override
    public void stop() {
        core.setRunning(false);
    }

    /** Makes it reachable again, with everything that it had. */
    @Override
    public void restart() {
        core.setRunning(true);
    }

    /** Takes the address away; bridges that have not been closed find it unreachable. */
    @Override
    public void close() {
        FakeKafkaFinder.forget(address);
        stop();
    }

    /** Returns the faults, to add some. */
    public KafkaFaults faults() {
        return core.faults();
    }

    /**
     * {@inheritDoc} Of the configuration only {@code max.message.bytes} is looked at: a larger record is refused.
     *
     * @throws IllegalStateException if the topic exists
     * @throws NumberFormatException if {@code max.message.bytes} is not a number
     */
    @Override
    public void createTopic(String name, int partitions, Map<String, String> config) {
        String most = config.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
        long mostBytes = most == null ? Long.MAX_VALUE : Long.parseLong(most);
        core.create(name, partitions);
        core.limit(name, mostBytes);
    }

    @Override
    public void produce(String topic, @Nullable String key, String value) {
        byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        produce(new ProducerRecord<>(topic, keyBytes, value.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Writes a record, past all faults.
     *
     * @throws org.apache.kafka.common.errors.UnknownTopicOrPartitionException if there is no such topic and topics are
     *     not created on first use
     */
    public void produce(ProducerRecord<byte[], byte[]> record) {
        synchronized (core) {
            core.append(record, core.place(record), null);
        }
    }

    /** {@inheritDoc} The same as {@link #records}. */
    @Override
    public List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        return records(topic);
    }

    /** Returns the names of the topics. */
    public Set<String> topics() {
        return core.topics();
    }

    /** Returns the committed records of a topic by partition and offset; none if there is no such topic. */
    public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        return confirmations(topic).stream().map(Confirmation::record).toList();
    }

    /** Returns the values of {@link #records} as text. */
    public List<String> values(String topic) {
        return records(topic).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    /** Returns all records of a topic, those of open and aborted transactions included. */
    public List<ConsumerRecord<byte[], byte[]>> written(String topic) {
        return core.written(topic);
    }

    /** Returns the committed records of a topic, each with the moment from which it was safe. */
    public List<Confirmation> confirmations(String topic) {
        return core.confirmations(topic);
    }

    /** Returns the offset that a group has committed; -1 if it has committed none. */
    public long committed(String group, String topic, int partition) {
        synchronized (core) {
            return core.group(group).committed().getOrDefault(new TopicPartition(topic, partition), -1L);
        }
    }

    /**
     * Sets the offset that a group has committed, as another member or an administrator does; members go on from where they
     * read.
     *
     * @param offset the next offset to be read
     * @throws IllegalArgumentException if the offset is negative
     */
    public void commit(String group, String topic, int partition, long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset: " + offset + " must not be negative");
        }
        synchronized (core) {
            core.group(group).committed().put(new TopicPartition(topic, partition), offset);
        }
    }

    /** Gives the members of a group up for dead: they lose their partitions at the next poll, and join again. */
    public void evict(String group) {
        core.evict(group);
    }

    /** Aborts the transactions that producers left open when they were closed, as Kafka does after a time. */
    public void expireTransactions() {
        core.expireTransactions();
    }

    /** Returns how many producers and consumers have not been closed. */
    public int clients() {
        return core.producers() + core.consumers();
    }

    /**
     * Returns in lines what every partition has, what every group has committed and which faults have happened: counts
     * and offsets, never a key or a value.
     */
    public String summary() {
        return core.summary();
    }

    /**
     * Waits until a topic has this many committed records, or more.
     *
     * @return the records
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public List<ConsumerRecord<byte[], byte[]>> awaitRecords(String topic, int count) {
        if (!await(() -> core.confirmations(topic).size() >= count)) {
            throw new AssertionError("Expected %d records in '%s', but there are %d; %s"
                    .formatted(count, topic, records(topic).size(), this));
        }
        return records(topic);
    }

    /**
     * Waits until a group has committed this offset, or a later one.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitCommitted(String group, String topic, int partition, long offset) {
        if (!await(() -> committed(group, topic, partition) >= offset)) {
            throw new AssertionError("Expected '%s' to commit %d in %s-%d, but it has %d"
                    .formatted(group, offset, topic, partition, committed(group, topic, partition)));
        }
    }

    private boolean await(BooleanSupplier condition) {
        KafkaCore.Deadline deadline = KafkaCore.machineDeadline(PATIENCE);
        synchronized (core) {
            while (!condition.getAsBoolean()) {
                if (!core.await(deadline)) {
                    return condition.getAsBoolean();
                }
            }
            return true;
        }
    }

    /** Returns how many committed records each topic has, and the faults that happened; never a key or a value. */
    @Override
    public String toString() {
        Map<String, Integer> counts = new TreeMap<>();
        topics().forEach(topic -> counts.put(topic, records(topic).size()));
        return "FakeKafka[" + address + ", records=" + counts + ", faults=" + faults().happened() + "]";
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {
        private InstantSource clock = InstantSource.system();
        private boolean autoCreate = true;
        private int partitions = 1;

        private Builder() {}

        /**
         * Sets the clock that records without a time of their own get theirs from. A {@link
         * io.mqttkafka.bridge.testkit.ManualClock} also decides when delays of {@link FakeKafka#faults()} and timeouts of
         * Kafka's clients are over, and the bridges of this Kafka live by it. Default: the machine's.
         */
        public Builder clock(InstantSource source) {
            clock = source;
            return this;
        }

        /** Makes producers fail on topics that nobody created. Default: topics are created on first use. */
        public Builder withoutAutoCreate() {
            autoCreate = false;
            return this;
        }

        /**
         * Sets how many partitions topics get that are created on first use. Default: 1.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder partitions(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("partitions must be 1 or more, but is " + count);
            }
            partitions = count;
            return this;
        }

        /** Starts it. */
        public FakeKafka start() {
            return new FakeKafka(new KafkaCore(clock, autoCreate, partitions));
        }
    }
}
