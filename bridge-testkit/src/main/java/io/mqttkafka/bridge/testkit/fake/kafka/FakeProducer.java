package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.testkit.fake.mqtt.Properties;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A producer of a {@link FakeKafka}. Like the real one it sends from a thread of its own, in order, tries as long as {@code
 * delivery.timeout.ms} says, and blocks no longer than {@code max.block.ms}. {@link MockProducer} checks the life of
 * transactions. Thread-safe.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // the lock is the core
final class FakeProducer extends MockProducer<byte[], byte[]> {

    private static final long OVERHEAD = 70;
    private static final Duration IDLE = Duration.ofSeconds(1);

    private final KafkaCore core;
    private final @Nullable String transactionalId;
    private final Duration maxBlock;
    private final Duration deliveryTimeout;
    private final long bufferMemory;
    private final long maxRequestSize;
    private final Thread sender;

    // Guarded by the core.
    private final Deque<Sent> queue = new ArrayDeque<>();
    private long buffered;
    private @Nullable KafkaTransaction transaction;
    private @Nullable RuntimeException broken;
    private @Nullable KafkaFault initFault;
    private @Nullable KafkaFault commitFault;
    private boolean ending;
    private boolean abandoned;
    private boolean fenced;

    /** A record on its way. */
    private static final class Sent {
        final ProducerRecord<byte[], byte[]> record;
        final @Nullable Callback callback;
        final @Nullable KafkaTransaction transaction;
        final KafkaCore.Deadline deadline;
        final long size;
        final CompletableFuture<RecordMetadata> future = new CompletableFuture<>();

        Sent(
                ProducerRecord<byte[], byte[]> record,
                @Nullable Callback callback,
                @Nullable KafkaTransaction transaction,
                KafkaCore.Deadline deadline,
                long size) {
            this.record = record;
            this.callback = callback;
            this.transaction = transaction;
            this.deadline = deadline;
            this.size = size;
        }

        void succeeded(RecordMetadata metadata) {
            future.complete(metadata);
            if (callback != null) {
                callback.onCompletion(metadata, null);
            }
        }

        void failed(RuntimeException failure) {
            future.completeExceptionally(failure);
            if (callback != null) {
                callback.onCompletion(nowhere(record), failure);
            }
        }

        private static RecordMetadata nowhere(ProducerRecord<byte[], byte[]> record) {
            Integer partition = record.partition();
            return new RecordMetadata(
                    new TopicPartition(record.topic(), partition == null ? -1 : partition), -1, -1, -1, -1, -1);
        }
    }

    FakeProducer(KafkaCore core, Map<String, Object> properties) {
        super(Cluster.empty(), false, null, new ByteArraySerializer(), new ByteArraySerializer());
        this.core = core;
        Object id = properties.get("transactional.id");
        transactionalId = id == null ? null : id.toString();
        maxBlock = Duration.ofMillis(Properties.number(properties, "max.block.ms", 60_000));
        deliveryTimeout = Duration.ofMillis(Properties.number(properties, "delivery.timeout.ms", 120_000));
        bufferMemory = Properties.number(properties, "buffer.memory", 32L << 20);
        maxRequestSize = Properties.number(properties, "max.request.size", 1 << 20);
        sender = new Thread(this::run, "fake-kafka-producer-" + core.opened(this));
        sender.setDaemon(true);
        sender.start();
    }

    // What the client calls.

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
        return send(record, null);
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
        Sent sent;
        RuntimeException refused;
        synchronized (core) {
            requireUsable();
            long size = size(record);
            sent = new Sent(record, callback, transaction, core.deadline(deliveryTimeout), size);
            refused = refusal(record, size);
            if (refused == null) {
                buffered += size;
                queue.add(sent);
                core.notifyAll();
                return sent.future;
            }
            spoil(refused);
        }
        sent.failed(refused);
        return sent.future;
    }

    private void requireUsable() {
        if (ending) {
            throw new IllegalStateException("Cannot perform operation after producer has been closed");
        }
        if (fenced) {
            throw new ProducerFencedException("Another producer has taken over '" + transactionalId + "'");
        }
        if (broken != null) {
            throw new KafkaException("Cannot execute transactional method because we are in an error state", broken);
        }
        if (transactionalId != null && transaction == null) {
            throw new IllegalStateException("A transactional producer sends within transactions only");
        }
    }

    private @Nullable RuntimeException refusal(ProducerRecord<byte[], byte[]> record, long size) {
        if (size > maxRequestSize) {
            return new RecordTooLargeException(
                    "The record has " + size + " bytes, which is more than max.request.size");
        }
        try {
            Topic.validate(record.topic());
        } catch (org.apache.kafka.common.errors.InvalidTopicException e) {
            return e;
        }
        if (core.partitions(record.topic(), true) == null) {
            return new TimeoutException("Topic " + record.topic() + " not present in metadata");
        }
        KafkaCore.Deadline deadline = core.deadline(maxBlock);
        while (buffered > 0 && buffered + size > bufferMemory) {
            if (!core.await(deadline)) {
                return new TimeoutException("Failed to allocate " + size + " bytes within max.block.ms");
            }
        }
        return null;
    }

    private static long size(ProducerRecord<byte[], byte[]> record) {
        byte[] key = record.key();
        byte[] value = record.value();
        long size = OVERHEAD + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (org.apache.kafka.common.header.Header header : record.headers()) {
            size += (long) header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return size;
    }

    /** A record that fails within a transaction spoils it. The caller holds the lock. */
    private void spoil(RuntimeException failure) {
        if (transaction != null && broken == null) {
            broken = failure;
        }
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        KafkaCore.Deadline deadline = core.deadline(maxBlock);
        KafkaFault fault;
        synchronized (core) {
            fault = core.faults().next(KafkaOperation.LOOK_UP, topic, null);
        }
        if (!core.passDelay(fault, deadline) || !core.awaitRunning(deadline)) {
            throw new TimeoutException(
                    "Topic " + topic + " not present in metadata after " + maxBlock.toMillis() + " ms.");
        }
        if (fault.failure() != null) {
            throw fault.failure();
        }
        Topic.validate(topic);
        List<PartitionInfo> partitions = core.describe(topic, true);
        if (partitions.isEmpty()) {
            // Kafka's producer waits max.block.ms for somebody to create it; here nothing would be gained.
            throw new TimeoutException("Topic " + topic + " not present in metadata");
        }
        return partitions;
    }

    @Override
    public void flush() {
        awaitSent(null);
    }

    /** Waits for what is on its way, until this time or without end. */
    private boolean awaitSent(KafkaCore.@Nullable Deadline deadline) {
        synchronized (core) {
            while (!queue.isEmpty()) {
                if (!core.await(deadline == null ? KafkaCore.machineDeadline(IDLE) : deadline) && deadline != null) {
                    return false;
                }
            }
            return true;
        }
    }

    // Transactions.

    @Override
    public void initTransactions() {
        String id = transactionalId;
        if (id == null) {
            throw new IllegalStateException("The producer has no transactional.id");
        }
        KafkaCore.Deadline deadline = core.deadline(maxBlock);
        KafkaFault fault;
        synchronized (core) {
            // Asked again after a timeout it is the same request.
            fault = initFault == null ? core.faults().next(KafkaOperation.INIT_TRANSACTIONS, id, null) : initFault;
            initFault = fault;
        }
        if (!core.passDelay(fault, deadline) || !core.awaitRunning(deadline)) {
            throw new TimeoutException(
                    "Timeout expired after " + maxBlock.toMillis() + " ms while awaiting InitProducerId");
        }
        synchronized (core) {
            initFault = null;
        }
        if (fault.failure() != null) {
            throw fault.failure();
        }
        super.initTransactions();
        core.takeOver(id, this);
    }

    @Override
    public void beginTransaction() {
        synchronized (core) {
            if (fenced) {
                throw new ProducerFencedException("Another producer has taken over '" + transactionalId + "'");
            }
            super.beginTransaction();
            transaction = new KafkaTransaction();
            broken = null;
            commitFault = null;
        }
    }

    @Override
    public void commitTransaction() {
        KafkaCore.Deadline deadline = core.deadline(maxBlock);
        if (!awaitSent(deadline) || !core.awaitRunning(deadline)) {
            throw new TimeoutException("Timeout expired while awaiting the end of the transaction");
        }
        KafkaFault fault;
        synchronized (core) {
            requireUsable();
            // A commit that is tried again is the same one.
            fault = commitFault == null
                    ? core.faults().next(KafkaOperation.COMMIT_TRANSACTION, String.valueOf(transactionalId), null)
                    : commitFault;
            commitFault = fault;
        }
        if (!core.passDelay(fault, deadline)) {
            throw new TimeoutException("Timeout expired while awaiting the end of the transaction");
        }
        synchronized (core) {
            if (fault.fences()) {
                shutOut();
            }
            requireFaultless(fault);
            core.end(transaction, true);
            if (fault.failure() != null) {
                broken = fault.failure();
                throw fault.failure();
            }
            super.commitTransaction();
            transaction = null;
        }
    }

    private void requireFaultless(KafkaFault fault) {
        if (fault.failure() != null && !fault.done()) {
            broken = fault.failure();
            throw fault.failure();
        }
        requireUsable();
    }

    @Override
    public void abortTransaction() {
        awaitSent(core.deadline(maxBlock));
        synchronized (core) {
            if (fenced) {
                throw new ProducerFencedException("Another producer has taken over '" + transactionalId + "'");
            }
            core.end(transaction, false);
            super.abortTransaction();
            transaction = null;
            broken = null;
        }
    }

    /** Aborts what is open and refuses everything from here on. The caller holds the lock. */
    void shutOut() {
        fenced = true;
        core.end(transaction, false);
    }

    /** Aborts what a closed producer left open. The caller holds the lock. */
    void expireTransaction() {
        if (ending) {
            core.end(transaction, false);
        }
    }

    // The end.

    @Override
    public void close() {
        close(Duration.ofMillis(Long.MAX_VALUE));
    }

    @Override
    public void close(Duration timeout) {
        KafkaCore.Deadline deadline =
                KafkaCore.machineDeadline(Duration.ofMillis(Math.min(timeout.toMillis(), Integer.MAX_VALUE)));
        synchronized (core) {
            ending = true;
            core.notifyAll();
            while (!queue.isEmpty() && core.await(deadline)) {
                // what is on its way may still arrive
            }
            abandoned = true;
            if (!timeout.isZero()) {
                core.end(transaction, false);
            }
            core.notifyAll();
        }
        super.close(timeout);
        if (Thread.currentThread() != sender) {
            awaitSender();
        }
        core.closed(this);
    }

    private void awaitSender() {
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    // The sending thread.

    private void run() {
        Sent next;
        while ((next = awaitNext()) != null) {
            deliver(next);
            synchronized (core) {
                queue.remove();
                buffered -= next.size;
                core.notifyAll();
            }
        }
    }

    private @Nullable Sent awaitNext() {
        synchronized (core) {
            while (queue.isEmpty()) {
                if (ending) {
                    return null;
                }
                core.await(KafkaCore.machineDeadline(IDLE));
            }
            return queue.peek();
        }
    }

    private void deliver(Sent sent) {
        RuntimeException failure = null;
        RecordMetadata metadata = null;
        synchronized (core) {
            KafkaFault fault = core.faults().next(KafkaOperation.SEND, sent.record.topic(), sent.record);
            failure = awaitDeliverable(sent, fault);
            if (failure == null && fault.fences()) {
                shutOut();
            }
            if (failure == null && fault.done() && !fenced) {
                try {
                    metadata = write(sent);
                } catch (KafkaException e) {
                    failure = e;
                }
            }
            if (failure == null) {
                failure = fault.failure();
            }
            if (failure == null && metadata == null) {
                failure = new ProducerFencedException("Another producer has taken over '" + transactionalId + "'");
            }
            if (failure != null) {
                spoil(failure);
            }
        }
        if (failure != null) {
            sent.failed(failure);
        } else if (metadata != null) {
            sent.succeeded(metadata);
        }
    }

    /** Waits until Kafka can be reached and the fault lets the record go on; returns why it never does. */
    private @Nullable RuntimeException awaitDeliverable(Sent sent, KafkaFault fault) {
        boolean inTime = true;
        while (inTime && !abandoned && (!core.isRunning() || core.faults().holdsUp(fault))) {
            inTime = core.awaitHeldUp(fault, sent.deadline);
        }
        if (abandoned) {
            return new KafkaException("Producer is closed forcefully.");
        }
        return inTime && !KafkaCore.isTooLate(fault, sent.deadline)
                ? null
                : new TimeoutException("Expiring 1 record(s) for " + sent.record.topic()
                        + ": delivery.timeout.ms has passed since the record was sent");
    }

    private RecordMetadata write(Sent sent) {
        if (sent.size > core.limit(sent.record.topic())) {
            throw new RecordTooLargeException(
                    "The record has " + sent.size + " bytes, which is more than max.message.bytes of the topic");
        }
        int partition = core.place(sent.record);
        long offset = core.append(sent.record, partition, sent.transaction);
        byte[] key = sent.record.key();
        byte[] value = sent.record.value();
        return new RecordMetadata(
                new TopicPartition(sent.record.topic(), partition),
                offset,
                0,
                -1,
                key == null ? -1 : key.length,
                value == null ? -1 : value.length);
    }
}
