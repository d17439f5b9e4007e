package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compacted topic with the packet ids of QoS 2. The key of an entry is the client id and a slot, so that compaction
 * leaves a bounded number of entries for each client.
 */
public final class Qos2StateTopic implements StateTopic {
    private static final Logger log = LoggerFactory.getLogger(Qos2StateTopic.class);
    private static final int MOST_REPLICAS = 3;
    private static final String SEGMENT_BYTES = String.valueOf(16 * 1024 * 1024);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration DIAGNOSIS_PATIENCE = Duration.ofSeconds(5);

    /** MQTT forbids the first character in client ids, so that no client's entries are taken for claims. */
    private static final String CLAIMS = "\0claims";

    /** Where all claims lie, so that their offsets tell which came later, however many partitions there are. */
    private static final int CLAIMS_PARTITION = 0;

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;
    private final String name;

    /**
     * Makes one that has not looked at Kafka.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param clientId the MQTT client id, by which Kafka's logs call us
     */
    public Qos2StateTopic(KafkaClients clients, KafkaOptions options, String clientId) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
        this.name = options.transactions().stateTopic();
    }

    /** Returns the key of an entry. */
    static byte[] key(String clientId, int slot) {
        return (clientId + "/" + slot).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void prepare(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            TopicDescription description = describeOrCreate(admin, deadline);
            requireCompacted(admin, description, deadline);
        } catch (ExecutionException e) {
            throw unusable(String.valueOf(SendFailures.text(e)), e);
        } catch (java.util.concurrent.TimeoutException | KafkaException e) {
            throw unusable("Kafka does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private TopicDescription describeOrCreate(Admin admin, long deadline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        while (true) {
            try {
                return Objects.requireNonNull(admin.describeTopics(List.of(name))
                        .allTopicNames()
                        .get(left(deadline), TimeUnit.NANOSECONDS)
                        .get(name));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
            create(admin, deadline);
        }
    }

    private void create(Admin admin, long deadline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        int brokers = admin.describeCluster()
                .nodes()
                .get(left(deadline), TimeUnit.NANOSECONDS)
                .size();
        short replicas = (short) Math.min(MOST_REPLICAS, brokers);
        NewTopic topic = new NewTopic(name, Optional.of(1), Optional.of(replicas))
                .configs(Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                        String.valueOf(Math.max(1, replicas - 1)),
                        TopicConfig.SEGMENT_BYTES_CONFIG,
                        SEGMENT_BYTES));
        try {
            admin.createTopics(List.of(topic)).all().get(left(deadline), TimeUnit.NANOSECONDS);
            log.info("Created the topic '{}' for the packet ids of QoS 2, with {} replicas", name, replicas);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
            log.debug("Another bridge has created '{}' meanwhile", name);
        }
    }

    private void requireCompacted(Admin admin, TopicDescription description, long deadline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Config config = admin.describeConfigs(List.of(resource))
                .all()
                .get(left(deadline), TimeUnit.NANOSECONDS)
                .get(resource);
        String policy = config == null
                ? TopicConfig.CLEANUP_POLICY_COMPACT
                : config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
        if (!TopicConfig.CLEANUP_POLICY_COMPACT.equals(policy)) {
            throw new BridgeStartException(
                    "kafka.transactions.stateTopic: '" + name + "' has cleanup.policy=" + policy
                            + ", so that Kafka would forget packet ids; set it to 'compact', or name another topic",
                    null);
        }
        int replicas = description.partitions().stream()
                .map(TopicPartitionInfo::replicas)
                .mapToInt(List::size)
                .min()
                .orElse(0);
        if (replicas < 2) {
            log.info("'{}' has one replica: if that broker's disk is lost, messages in flight can be repeated", name);
        }
    }

    @Override
    public List<byte[]> read(String client, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Reader reader = reader(ProducerSettings.stateConsumer(options, clientId))) {
            Consumer<byte[], byte[]> consumer = reader.consumer();
            List<TopicPartition> partitions = consumer.partitionsFor(name, Duration.ofNanos(left(deadline))).stream()
                    .map(info -> new TopicPartition(name, info.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = ends(partitions, deadline);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<String, byte[]> slots = new HashMap<>();
            for (TopicPartition partition : partitions) {
                long end = ends.getOrDefault(partition, 0L);
                long position = consumer.position(partition, Duration.ofNanos(left(deadline)));
                while (position < end) {
                    consumer.poll(POLL).forEach(record -> keep(record, client, slots));
                    long last = position;
                    position = consumer.position(partition, Duration.ofNanos(left(deadline)));
                    if (position == last && !hasEntries(client, partition, position, end, deadline)) {
                        break;
                    }
                }
            }
            return new ArrayList<>(slots.values());
        } catch (ExecutionException e) {
            throw unusable(SendFailures.text(e), e);
        } catch (java.util.concurrent.TimeoutException e) {
            String holdUp = openTransaction();
            throw unusable("it could not be read in time" + (holdUp == null ? "" : ", because " + holdUp), e);
        } catch (KafkaException e) {
            throw unusable("it could not be read (" + SendFailures.text(e) + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        }
    }

    @Override
    public long claim(Producer<byte[], byte[]> producer, String client, String owner, BooleanSupplier goesOn) {
        producer.beginTransaction();
        Future<RecordMetadata> written = producer.send(new ProducerRecord<>(
                name, CLAIMS_PARTITION, key(client + CLAIMS, 0), owner.getBytes(StandardCharsets.UTF_8)));
        commit(producer, goesOn);
        try {
            return written.get().offset();
        } catch (ExecutionException e) {
            throw new KafkaException("the claim was committed without its record", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static void commit(Producer<byte[], byte[]> producer, BooleanSupplier goesOn) {
        while (true) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                // Safe to call again, says Kafka.
                if (!goesOn.getAsBoolean()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public boolean isClaimedByAnother(String client, String owner, long since, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        TopicPartition claims = new TopicPartition(name, CLAIMS_PARTITION);
        try {
            long end = ends(List.of(claims), deadline).getOrDefault(claims, 0L);
            // Committed or not: who wrote it had the identity. The last counts: one of our own can have gone
            // unanswered.
            List<byte[]> later = uncommitted(client + CLAIMS, claims, since + 1, end, deadline, false);
            return !later.isEmpty() && !owner.equals(new String(later.get(later.size() - 1), StandardCharsets.UTF_8));
        } catch (ExecutionException e) {
            throw unusable(SendFailures.text(e), e);
        } catch (java.util.concurrent.TimeoutException | KafkaException e) {
            throw unusable("it could not be read (" + SendFailures.text(e) + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the restart was interrupted", e);
        }
    }

    /**
     * Describes a transaction that holds readers of the topic up; null if there is none, or Kafka does not tell. Kafka ends those of
     * producers that have died, but it has been seen to forget one when it was restarted, and that one stays.
     */
    private @Nullable String openTransaction() {
        long deadline = System.nanoTime() + DIAGNOSIS_PATIENCE.toNanos();
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            TopicDescription description = Objects.requireNonNull(admin.describeTopics(List.of(name))
                    .allTopicNames()
                    .get(left(deadline), TimeUnit.NANOSECONDS)
                    .get(name));
            List<TopicPartition> partitions = description.partitions().stream()
                    .map(info -> new TopicPartition(name, info.partition()))
                    .toList();
            Map<TopicPartition, DescribeProducersResult.PartitionProducerState> producers =
                    admin.describeProducers(partitions).all().get(left(deadline), TimeUnit.NANOSECONDS);
            for (Map.Entry<TopicPartition, DescribeProducersResult.PartitionProducerState> entry :
                    producers.entrySet()) {
                for (ProducerState producer : entry.getValue().activeProducers()) {
                    if (producer.currentTransactionStartOffset().isPresent()) {
                        return describe(entry.getKey(), producer);
                    }
                }
            }
            return null;
        } catch (ExecutionException | java.util.concurrent.TimeoutException | KafkaException e) {
            log.debug("Kafka does not tell which transactions are open in '{}'", name, e);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private static String describe(TopicPartition partition, ProducerState producer) {
        return "the transaction of producer " + producer.producerId() + " that began at offset "
                + producer.currentTransactionStartOffset().getAsLong() + " of partition " + partition.partition()
                + " is open. Kafka ends it when its transaction.timeout.ms is over; if it has not, look at it with"
                + " 'kafka-transactions.sh find-hanging' and end it with 'kafka-transactions.sh abort'";
    }

    /**
     * Says whether the client has entries, committed or not, in a part of the topic. What lies behind the open transaction of
     * another client, one that was killed, say, can be read only when Kafka has ended that; mostly it need not be.
     */
    private boolean hasEntries(String client, TopicPartition partition, long from, long to, long deadline)
            throws java.util.concurrent.TimeoutException {
        return !uncommitted(client, partition, from, to, deadline, true).isEmpty();
    }

    /** Reads the entries of a client in a part of the topic, committed or not, in order; all of them, or one if that will do. */
    private List<byte[]> uncommitted(
            String client, TopicPartition partition, long from, long to, long deadline, boolean oneWillDo)
            throws java.util.concurrent.TimeoutException {
        List<byte[]> found = new ArrayList<>();
        if (from >= to) {
            return found;
        }
        Map<String, Object> properties = ProducerSettings.stateConsumer(options, clientId);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
        try (Reader reader = reader(properties)) {
            Consumer<byte[], byte[]> consumer = reader.consumer();
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            while (!(oneWillDo && !found.isEmpty())
                    && consumer.position(partition, Duration.ofNanos(left(deadline))) < to) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (slotOf(record, client) != null) {
                        found.add(record.value());
                    }
                }
            }
            return found;
        }
    }

    private Reader reader(Map<String, Object> properties) {
        return new Reader(clients.consumer(properties));
    }

    /** A consumer that is waited for a second at most when it is done: its close could take longer than the caller has. */
    private record Reader(Consumer<byte[], byte[]> consumer) implements AutoCloseable {
        @Override
        public void close() {
            consumer.close(CloseOptions.timeout(CLOSE_PATIENCE));
        }
    }

    /** Uncommitted ends: what we have committed can lie behind the open transaction of another client. */
    private Map<TopicPartition, Long> ends(List<TopicPartition> partitions, long deadline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            admin.listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                    .all()
                    .get(left(deadline), TimeUnit.NANOSECONDS)
                    .forEach((partition, info) -> ends.put(partition, info.offset()));
            return ends;
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    /** Partitions that were added later take slots over, and what the old ones keep of them can still count. */
    private static void keep(ConsumerRecord<byte[], byte[]> record, String client, Map<String, byte[]> slots) {
        String slot = slotOf(record, client);
        if (slot != null) {
            slots.put(record.partition() + slot, record.value());
        }
    }

    /** Returns the part of the key that names the slot; null if it is no entry of the client. */
    private static @Nullable String slotOf(ConsumerRecord<byte[], byte[]> record, String client) {
        if (record.key() == null || record.value() == null) {
            return null;
        }
        String key = new String(record.key(), StandardCharsets.UTF_8);
        int slash = key.lastIndexOf('/');
        return slash == client.length() && key.startsWith(client) ? key.substring(slash) : null;
    }

    private static long left(long deadline) throws java.util.concurrent.TimeoutException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new java.util.concurrent.TimeoutException("no time left");
        }
        return left;
    }

    private BridgeStartException unusable(String why, Exception cause) {
        return new BridgeStartException(
                "kafka.transactions.stateTopic: '" + name + "', which holds the packet ids of QoS 2: " + why
                        + "; check Kafka and the rights CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ and WRITE on it, or"
                        + " declare the routes effectivelyOnce()",
                cause);
    }
}
