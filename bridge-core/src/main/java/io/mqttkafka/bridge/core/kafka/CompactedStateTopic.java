package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and claims entries of the compacted topic with the packet ids of QoS 2. The key of an entry is the client id and a slot, so that compaction
 * leaves a bounded number of entries for each client.
 */
public final class CompactedStateTopic implements StateTopic {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);

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
    public CompactedStateTopic(KafkaClients clients, KafkaOptions options, String clientId) {
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
        new StateTopicSetup(clients, options, clientId).prepare(timeout);
    }

    @Override
    public List<byte[]> read(String client, Duration timeout) {
        Deadline deadline = Deadline.in(timeout);
        try (Reader reader = reader(ProducerSettings.stateConsumer(options, clientId))) {
            Consumer<byte[], byte[]> consumer = reader.consumer();
            List<TopicPartition> partitions = consumer.partitionsFor(name, deadline.left()).stream()
                    .map(info -> new TopicPartition(name, info.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = ends(partitions, deadline);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<String, byte[]> slots = new HashMap<>();
            for (TopicPartition partition : partitions) {
                long end = ends.getOrDefault(partition, 0L);
                long position = consumer.position(partition, deadline.left());
                while (position < end) {
                    consumer.poll(POLL).forEach(record -> keep(record, client, slots));
                    long last = position;
                    position = consumer.position(partition, deadline.left());
                    if (position == last && !hasEntries(client, partition, position, end, deadline)) {
                        break;
                    }
                }
            }
            return new ArrayList<>(slots.values());
        } catch (ExecutionException e) {
            throw StateTopicSetup.unusable(name, SendFailures.text(e), e);
        } catch (java.util.concurrent.TimeoutException e) {
            String holdUp = new OpenTransactions(clients, options, clientId).holdingUp(name);
            throw StateTopicSetup.unusable(
                    name, "it could not be read in time" + (holdUp == null ? "" : ", because " + holdUp), e);
        } catch (InterruptException e) {
            throw new BridgeStartException("the start was interrupted", e);
        } catch (KafkaException e) {
            throw StateTopicSetup.unusable(name, "it could not be read (" + SendFailures.text(e) + ")", e);
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
        Deadline deadline = Deadline.in(timeout);
        TopicPartition claims = new TopicPartition(name, CLAIMS_PARTITION);
        try {
            long end = ends(List.of(claims), deadline).getOrDefault(claims, 0L);
            // Committed or not: who wrote it had the identity. The last counts: one of our own can have gone
            // unanswered.
            List<byte[]> later = uncommitted(client + CLAIMS, claims, since + 1, end, deadline, false);
            return !later.isEmpty() && !owner.equals(new String(later.get(later.size() - 1), StandardCharsets.UTF_8));
        } catch (ExecutionException e) {
            throw StateTopicSetup.unusable(name, SendFailures.text(e), e);
        } catch (InterruptException e) {
            throw new BridgeStartException("the restart was interrupted", e);
        } catch (java.util.concurrent.TimeoutException | KafkaException e) {
            throw StateTopicSetup.unusable(name, "it could not be read (" + SendFailures.text(e) + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the restart was interrupted", e);
        }
    }

    /**
     * Says whether the client has entries, committed or not, in a part of the topic. What lies behind the open transaction of
     * another client, one that was killed, say, can be read only when Kafka has ended that; mostly it need not be.
     */
    private boolean hasEntries(String client, TopicPartition partition, long from, long to, Deadline deadline)
            throws java.util.concurrent.TimeoutException {
        return !uncommitted(client, partition, from, to, deadline, true).isEmpty();
    }

    /** Reads the entries of a client in a part of the topic, committed or not, in order; all of them, or one if that will do. */
    private List<byte[]> uncommitted(
            String client, TopicPartition partition, long from, long to, Deadline deadline, boolean oneWillDo)
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
            while (!(oneWillDo && !found.isEmpty()) && consumer.position(partition, deadline.left()) < to) {
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
            KafkaVersion.close(consumer, CLOSE_PATIENCE);
        }
    }

    /** Uncommitted ends: what we have committed can lie behind the open transaction of another client. */
    private Map<TopicPartition, Long> ends(List<TopicPartition> partitions, Deadline deadline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            admin.listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                    .all()
                    .get(deadline.leftNanos(), TimeUnit.NANOSECONDS)
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
}
