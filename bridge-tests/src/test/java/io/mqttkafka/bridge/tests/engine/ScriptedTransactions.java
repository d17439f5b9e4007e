package io.mqttkafka.bridge.tests.engine;

import io.mqttkafka.bridge.core.kafka.StateTopic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The transactions of a {@link ScriptedKafka}: every commit waits for the test to say how it ends. */
public final class ScriptedTransactions {
    private static final String STATE = "state";

    private final BlockingQueue<Commit> commits = new LinkedBlockingQueue<>();
    private volatile boolean byItself;
    private final Map<String, byte[]> state = new ConcurrentHashMap<>();
    private final Map<String, String> claims = new ConcurrentHashMap<>();
    private final Map<String, TransactionalProducer> owners = new ConcurrentHashMap<>();
    private final Map<String, RuntimeException> refusals = new ConcurrentHashMap<>();

    /** A transaction that the bridge wants committed. */
    public final class Commit {
        private final List<String> records = new ArrayList<>();
        private final Map<String, byte[]> entries = new ConcurrentHashMap<>();
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        private Commit(TransactionalProducer producer) {
            for (ProducerRecord<byte[], byte[]> record : producer.uncommittedRecords()) {
                if (record.topic().equals(STATE)) {
                    entries.put(new String(record.key(), StandardCharsets.UTF_8), record.value());
                } else {
                    records.add(record.topic() + "=" + new String(record.value(), StandardCharsets.UTF_8));
                }
            }
        }

        /** The records as topic=value, in order. */
        public List<String> records() {
            return records;
        }

        /** Commits it and says so. */
        public void commit() {
            state.putAll(entries);
            end.complete(null);
        }

        /** Commits it, and the bridge is told something else. */
        public void commitAndFail(RuntimeException answer) {
            state.putAll(entries);
            end.completeExceptionally(answer);
        }

        /** Does not commit it. */
        public void fail(RuntimeException answer) {
            end.completeExceptionally(answer);
        }
    }

    /** Commits all transactions from now on, also those that wait to be. */
    public void commitByItself() {
        byItself = true;
        Commit waiting;
        while ((waiting = commits.poll()) != null) {
            waiting.commit();
        }
    }

    /** Waits for the next transaction to be committed and checks its records. */
    public Commit next(String... records) {
        return checked(poll(), records);
    }

    /**
     * As {@link #next}, and commits those before it that hold no records: an id that has lost its meaning may be removed before
     * the message that took it is ready.
     */
    public Commit nextAfterRemovals(String... records) {
        Commit next;
        while ((next = poll()) != null && next.records.isEmpty()) {
            next.commit();
        }
        return checked(next, records);
    }

    private static Commit checked(Commit next, String... records) {
        if (next == null || !next.records.equals(List.of(records))) {
            throw new AssertionError("Expected a transaction of " + List.of(records) + ", but got "
                    + (next == null ? "none" : next.records));
        }
        return next;
    }

    private Commit poll() {
        try {
            return commits.poll(Engine.PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for a transaction", e);
        }
    }

    /** Waits this long for no transaction to be committed. */
    public void expectNothing(Duration duration) {
        try {
            Commit next = commits.poll(duration.toNanos(), TimeUnit.NANOSECONDS);
            if (next != null) {
                throw new AssertionError("Expected no transaction, but got one of " + next.records);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for no transaction", e);
        }
    }

    /** Refuses all records to a topic, and so the transactions that hold any. */
    public void refuse(String topic, RuntimeException refusal) {
        refusals.put(topic, refusal);
    }

    /** Has another process take the identity over by which entries with such keys are written. */
    public void claim(String keys) {
        claims.put(keys, "another");
    }

    /** Forgets everything, as when the topic is deleted. */
    public void loseState() {
        state.clear();
    }

    public Producer<byte[], byte[]> producer(String transactionalId) {
        return new TransactionalProducer(transactionalId);
    }

    public StateTopic stateTopic() {
        return new StateTopic() {
            @Override
            public String name() {
                return STATE;
            }

            @Override
            public void prepare(Duration timeout) {
                // It is there.
            }

            @Override
            public List<byte[]> read(String clientId, Duration timeout) {
                return state.entrySet().stream()
                        .filter(entry -> entry.getKey().startsWith(clientId + "/"))
                        .map(Map.Entry::getValue)
                        .toList();
            }

            @Override
            public long claim(
                    Producer<byte[], byte[]> producer, String clientId, String owner, BooleanSupplier goesOn) {
                claims.put(clientId, owner);
                return 0;
            }

            @Override
            public boolean isClaimedByAnother(String clientId, String owner, long since, Duration timeout) {
                return !owner.equals(claims.get(clientId));
            }
        };
    }

    /** Fenced when another one with its id is initialized. */
    private final class TransactionalProducer extends MockProducer<byte[], byte[]> {
        private final String transactionalId;
        private RuntimeException refusal;
        private volatile Commit committing;

        public TransactionalProducer(String transactionalId) {
            super(Cluster.empty(), true, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.transactionalId = transactionalId;
        }

        @Override
        public void initTransactions() {
            super.initTransactions();
            TransactionalProducer last = owners.put(transactionalId, this);
            Commit open = last == null ? null : last.committing;
            if (open != null) {
                open.fail(new ProducerFencedException("There is a newer producer"));
            }
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            RuntimeException mine = refusals.get(record.topic());
            if (mine == null && refusal == null) {
                return super.send(record, callback);
            }
            RuntimeException told = mine != null ? mine : new TransactionAbortedException("aborted");
            refusal = refusal == null ? told : refusal;
            if (callback != null) {
                callback.onCompletion(new RecordMetadata(new TopicPartition(record.topic(), 0), -1, 0, -1, 0, 0), told);
            }
            return CompletableFuture.failedFuture(told);
        }

        @Override
        public void commitTransaction() {
            if (refusal != null) {
                throw new KafkaException("The transaction is in an error state", refusal);
            }
            if (owners.get(transactionalId) != this) {
                throw new ProducerFencedException("There is a newer producer");
            }
            Commit commit = new Commit(this);
            committing = commit;
            commits.add(commit);
            if (byItself) {
                commits.remove(commit);
                commit.commit();
            }
            try {
                commit.end.join();
            } catch (java.util.concurrent.CompletionException e) {
                throw (RuntimeException) e.getCause();
            }
            super.commitTransaction();
        }

        @Override
        public void abortTransaction() {
            super.abortTransaction();
            refusal = null;
        }

        @Override
        public List<PartitionInfo> partitionsFor(String topic) {
            Node node = new Node(1, "kafka", 9092);
            return List.of(new PartitionInfo(topic, 0, node, new Node[] {node}, new Node[] {node}));
        }

        @Override
        public void close(Duration timeout) {
            Commit open = committing;
            if (open != null) {
                open.fail(new KafkaException("Producer closed while a transaction is open"));
            }
            super.close(timeout);
        }
    }
}
