package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Kind;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Refused;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.session.OutboxJournal;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions of a producer of our own, whose state lies in a compacted topic: opening them settles what an earlier process
 * left behind and shuts that process out.
 */
public final class ProducerTransactions<S> implements Transactions<S> {
    private static final Logger log = LoggerFactory.getLogger(ProducerTransactions.class);
    /** MQTT forbids this character in client ids. */
    private static final String OUTBOX = "\0to-mqtt";

    private static final Duration RESTORE_PATIENCE = Duration.ofSeconds(30);
    private static final long UNCLAIMED = -1;

    private final KafkaClients clients;
    private final String clientId;
    private final String keys;
    private final Function<List<byte[]>, S> reader;
    private final String transactionalId;
    private final Map<String, Object> producerProperties;
    private final StateTopic stateTopic;
    private final Failpoints failpoints;
    private final TopicCheck check;
    private final Restarts restarts = new Restarts();

    /** How many partitions the topics had that this producer has written to; belongs to the committing thread. */
    private final Map<String, Integer> partitions = new HashMap<>();

    private final TopicWaits waits;
    private volatile @Nullable Producer<byte[], byte[]> producer;
    private volatile boolean closed;

    /** The state that is kept: what its keys end with, and how it is read. */
    private record Kept<S>(String keySuffix, Function<List<byte[]>, S> reader) {}

    /** By which our claims of the identity are known. */
    private final String owner = UUID.randomUUID().toString();

    /** Where our last known claim lies; belongs to the opening thread. */
    private long claim = UNCLAIMED;

    /**
     * Makes one that is not connected for the packet ids of messages that are received from MQTT.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param mqtt the MQTT side, whose window the producer's buffer must hold
     * @param clientId the MQTT client id, of which the transactional id is made
     * @param failpoints is told of the places passed
     * @param waits is told of every record, and of each transaction by its record of the state
     * @return the transactions
     */
    public static ProducerTransactions<Qos2State> ofReceived(
            KafkaClients clients,
            KafkaOptions options,
            MqttOptions mqtt,
            String clientId,
            Failpoints failpoints,
            TopicWaits waits) {
        return new ProducerTransactions<>(
                clients, options, mqtt, clientId, new Kept<>("", Qos2Journal::read), failpoints, waits);
    }

    private ProducerTransactions(
            KafkaClients clients,
            KafkaOptions options,
            MqttOptions mqtt,
            String clientId,
            Kept<S> kept,
            Failpoints failpoints,
            TopicWaits waits) {
        this.clients = clients;
        this.clientId = clientId;
        this.failpoints = failpoints;
        this.waits = waits;
        transactionalId = options.transactions().idPrefix() + clientId;
        keys = transactionalId + kept.keySuffix();
        reader = kept.reader();
        producerProperties = ProducerSettings.transactional(options, mqtt, clientId, transactionalId);
        stateTopic = clients.stateTopic(options, clientId);
        check = new TopicCheck(clients, options, clientId);
    }

    /**
     * Makes one that is not connected for the state of messages that are published to MQTT. Its entries have keys of their
     * own, which no client id can have.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param mqtt the MQTT side
     * @param clientId the MQTT client id, of which the transactional id is made
     * @param failpoints is told of the places passed
     * @param waits is told of every record, and of each transaction by its record of the state
     * @return the transactions
     */
    public static ProducerTransactions<OutboxState> ofOutbox(
            KafkaClients clients,
            KafkaOptions options,
            MqttOptions mqtt,
            String clientId,
            Failpoints failpoints,
            TopicWaits waits) {
        return new ProducerTransactions<>(
                clients, options, mqtt, clientId, new Kept<>(OUTBOX, OutboxJournal::read), failpoints, waits);
    }

    @Override
    public void prepare(Duration timeout) {
        CompressionProbe.require(producerProperties);
        stateTopic.prepare(timeout);
    }

    @Override
    public S open(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        closeProducer(Duration.ZERO);
        partitions.clear();
        requireNotTakenOver(timeout);
        try {
            Producer<byte[], byte[]> fresh = clients.producer(producerProperties);
            producer = fresh;
            initialize(fresh, deadline);
            long until = System.nanoTime() + Math.max(RESTORE_PATIENCE.toNanos(), deadline - System.nanoTime());
            claim = stateTopic.claim(fresh, keys, owner, () -> !closed && System.nanoTime() - until < 0);
            Duration left = Duration.ofNanos(Math.max(1, until - System.nanoTime()));
            S state = reader.apply(stateTopic.read(keys, left));
            failpoints.pass(Failpoint.RESTORED);
            return state;
        } catch (IllegalArgumentException e) {
            throw new BridgeStartException(
                    "kafka.transactions.stateTopic: '" + stateTopic.name() + "': " + e.getMessage()
                            + "; use the version that wrote it, or delete its records of '" + clientId
                            + "' if repeated messages do no harm",
                    e);
        } catch (InterruptException e) {
            throw new BridgeStartException("the start was interrupted", e);
        } catch (AuthorizationException e) {
            throw new BridgeStartException(
                    "kafka.transactions.idPrefix: Kafka does not let us write transactions as '" + transactionalId
                            + "' (" + e.getMessage()
                            + "); give this user the rights WRITE and DESCRIBE on that transactional id, or declare the"
                            + " routes effectivelyOnce()",
                    e);
        } catch (KafkaException | IllegalStateException e) {
            // The latter if it is closed meanwhile.
            throw new BridgeStartException(
                    "kafka.bootstrapServers: Kafka does not begin transactions as '" + transactionalId + "' ("
                            + SendFailures.text(e) + "); check that it runs",
                    e);
        }
    }

    @Override
    public @Nullable BridgeStartException denied(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException) {
                return new BridgeStartException(
                        "kafka.transactions.stateTopic: Kafka does not let us write a transaction to '"
                                + stateTopic.name() + "' (" + SendFailures.text(cause)
                                + "); give this user WRITE and DESCRIBE on it and on the transactional id, or declare the"
                                + " routes effectivelyOnce()",
                        failure);
            }
        }
        return null;
    }

    @Override
    public void requireNotTakenOver(Duration timeout) {
        if (claim != UNCLAIMED && stateTopic.isClaimedByAnother(keys, owner, claim, timeout)) {
            throw new TakenOverException(transactionalId);
        }
    }

    private void initialize(Producer<byte[], byte[]> fresh, long deadline) {
        while (true) {
            try {
                fresh.initTransactions();
                return;
            } catch (TimeoutException e) {
                // Safe to call again, says Kafka; each call waits max.block.ms.
                if (closed || System.nanoTime() >= deadline) {
                    throw e;
                }
            }
        }
    }

    @Override
    public TransactionOutcome commit(List<PreparedRecord> records, Qos2Journal.Entry entry, boolean removes) {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            return TransactionOutcome.unknown(new IllegalStateException("the transactional sink is not open"));
        }
        long begun = System.nanoTime();
        Failed failed = new Failed();
        TopicWaits.Topic transaction = waits.of(stateTopic.name());
        transaction.sending();
        try {
            current.beginTransaction();
            failpoints.pass(Failpoint.TRANSACTION_BEGUN);
            for (PreparedRecord record : records) {
                send(current, record, failed);
            }
            current.send(new ProducerRecord<>(
                    stateTopic.name(), CompactedStateTopic.key(keys, entry.slot()), entry.bytes()));
            failpoints.pass(Failpoint.BEFORE_COMMIT);
            if (removes) {
                failpoints.pass(Failpoint.BEFORE_REMOVAL);
            }
            commit(current, records);
            restarts.progress();
            return TransactionOutcome.COMMITTED;
        } catch (KafkaException | IllegalStateException e) {
            // Also when fenced: to catch both kinds of that at once needs a class that kafka-clients 4.0 does not have.
            return aborted(current, e, begun, failed);
        } catch (TopicLostException e) {
            return TransactionOutcome.unknown(e);
        } finally {
            transaction.done();
        }
    }

    private void send(Producer<byte[], byte[]> current, PreparedRecord record, Failed failed) {
        ProducerRecord<byte[], byte[]> sent = ProducerSender.kafkaRecord(
                record.topic(), record.partition(), record.key(), record.value(), record.headers());
        TopicWaits.Topic topic = waits.of(record.topic());
        boolean done;
        topic.sending();
        try {
            done = current.send(sent, (metadata, exception) -> {
                        topic.done();
                        if (exception != null) {
                            failed.add(record, exception);
                        }
                    })
                    .isDone();
        } catch (KafkaException | IllegalStateException e) {
            topic.done();
            failed.add(record, e);
            throw e;
        }
        if (!done && !partitions.containsKey(record.topic())) {
            // The producer has just been told.
            partitions.put(record.topic(), current.partitionsFor(record.topic()).size());
        }
    }

    /** The records of a transaction that have failed. Thread-safe. */
    private static final class Failed {
        private final List<Refused> refused = new ArrayList<>();
        private @Nullable Refused suspect;

        synchronized void add(PreparedRecord record, Exception exception) {
            SendFailure failure = SendFailures.classify(exception, true);
            if (failure.kind() != SendFailure.Kind.BROKEN) {
                refused.add(new Refused(record, failure));
            } else if (suspect == null) {
                suspect = new Refused(record, new SendFailure(SendFailure.Kind.REFUSED, exception));
            }
        }

        /** Those that cannot be written as they are. */
        synchronized List<Refused> refused() {
            return List.copyOf(refused);
        }

        /** The first one of which nobody knows why; the others may have failed because of it. */
        synchronized List<Refused> suspect() {
            return suspect == null ? List.of() : List.of(suspect);
        }
    }

    private void commit(Producer<byte[], byte[]> current, List<PreparedRecord> records) {
        long asked = System.nanoTime();
        while (true) {
            try {
                current.commitTransaction();
                return;
            } catch (TimeoutException e) {
                // Safe to call again, says Kafka; the window fills meanwhile and the MQTT broker queues.
                if (closed) {
                    throw e;
                }
                if (System.nanoTime() - asked >= TopicCheck.PATIENCE.toNanos()) {
                    requireTopics(records);
                    asked = System.nanoTime();
                }
            }
        }
    }

    /** Kafka's client waits without end for a topic that was deleted. */
    private void requireTopics(List<PreparedRecord> records) {
        Map<String, Integer> topics = new HashMap<>();
        topics.put(stateTopic.name(), 0);
        records.forEach(record -> topics.put(record.topic(), partitions.getOrDefault(record.topic(), 0)));
        try {
            TopicLostException lost = check.lost(topics);
            if (lost != null) {
                throw lost;
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private TransactionOutcome aborted(Producer<byte[], byte[]> current, Exception cause, long begun, Failed failed) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof ProducerFencedException || one instanceof InvalidProducerEpochException) {
                return fenced(cause, begun);
            }
        }
        if (closed || cause instanceof InterruptException) {
            return TransactionOutcome.unknown(cause);
        }
        if (failed.refused().isEmpty() && cause instanceof TimeoutException) {
            return TransactionOutcome.unknown(cause);
        }
        // Kafka's client can refuse to commit before it tells which record is at fault, but not abort.
        boolean aborted = abort(current);
        boolean named = !failed.refused().isEmpty();
        if (!named && (Outages.isOutage(cause) || !restarts.exhausted())) {
            return TransactionOutcome.unknown(cause);
        }
        if (!aborted || (!named && failed.suspect().isEmpty())) {
            return new TransactionOutcome(named ? Kind.UNKNOWN : Kind.HOPELESS, List.of(), cause);
        }
        return new TransactionOutcome(Kind.ABORTED, named ? failed.refused() : failed.suspect(), cause);
    }

    private static boolean abort(Producer<byte[], byte[]> current) {
        try {
            current.abortTransaction();
            return true;
        } catch (KafkaException | IllegalStateException e) {
            log.debug("A transaction could not be aborted", e);
            return false;
        }
    }

    /**
     * A transaction that took too long is ended by Kafka in the same way as one of another process is; opening again finds out
     * which it was. One that was short leaves no doubt, and its cause may not have written its claim yet.
     */
    private TransactionOutcome fenced(Exception cause, long begun) {
        boolean tooLong = System.nanoTime() - begun
                >= ProducerSettings.transactionTimeout(producerProperties).toNanos() / 2;
        return tooLong ? TransactionOutcome.unknown(cause) : new TransactionOutcome(Kind.FENCED, List.of(), cause);
    }

    @Override
    public void close(Duration timeout) {
        closed = true;
        closeProducer(timeout);
    }

    private void closeProducer(Duration timeout) {
        Producer<byte[], byte[]> last = producer;
        if (last != null) {
            producer = null;
            last.close(timeout);
        }
    }
}
