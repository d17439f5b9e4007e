package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A Kafka whose transactions end as the test has scripted, with a state topic in memory. */
public final class ScriptedTransactions implements KafkaClients {
    private static final String STATE = "state";
    private static final long PATIENCE_SECONDS = 60;

    private final Queue<RuntimeException> initializations = new ConcurrentLinkedQueue<>();
    private final Queue<Consumer<Scripted>> commits = new ConcurrentLinkedQueue<>();
    private final Map<String, RuntimeException> refusals = new ConcurrentHashMap<>();
    private final BlockingQueue<List<String>> committed = new LinkedBlockingQueue<>();
    private final Map<String, byte[]> state = new ConcurrentHashMap<>();
    private final Map<String, String> claims = new ConcurrentHashMap<>();
    private final List<Scripted> producers = new CopyOnWriteArrayList<>();

    /** Makes initTransactions fail once. */
    public ScriptedTransactions failInitialization(RuntimeException failure) {
        initializations.add(failure);
        return this;
    }

    /** Makes the next commit that is not scripted yet fail; nothing of it can be read. */
    public ScriptedTransactions failCommit(RuntimeException failure) {
        commits.add(producer -> {
            throw failure;
        });
        return this;
    }

    /** Makes it succeed, and its answer get lost. */
    public ScriptedTransactions loseAnswerToCommit(RuntimeException failure) {
        commits.add(producer -> {
            producer.reallyCommit();
            throw failure;
        });
        return this;
    }

    /** Makes it do something else first. */
    public ScriptedTransactions beforeCommit(Runnable action) {
        commits.add(producer -> {
            action.run();
            producer.reallyCommit();
        });
        return this;
    }

    /** Refuses all records to a topic, and so the transactions that hold any. */
    public ScriptedTransactions refuse(String topic, RuntimeException refusal) {
        refusals.put(topic, refusal);
        return this;
    }

    /** Waits for the next committed transaction and returns the values of its records. */
    public List<String> nextCommitted() throws InterruptedException {
        List<String> next = committed.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("Expected a committed transaction, but there is none");
        }
        return next;
    }

    /** Waits this long for no transaction to be committed. */
    public void expectNothingCommitted(Duration duration) throws InterruptedException {
        List<String> next = committed.poll(duration.toNanos(), TimeUnit.NANOSECONDS);
        if (next != null) {
            throw new AssertionError("Expected no committed transaction, but got " + next);
        }
    }

    /** How many producers there have been. */
    public int producers() {
        return producers.size();
    }

    /** Whether the last producer has aborted a transaction. */
    public boolean lastHasAborted() {
        return producers.get(producers.size() - 1).transactionAborted();
    }

    /** Puts an entry into the state topic that no bridge wrote. */
    public void damageState() {
        state.put("0", new byte[] {99});
    }

    /** Has another process take the identity of the client over. */
    public void claim(String clientId) {
        claims.put(clientId, "another");
    }

    /** How many slots of the state are in use. */
    public int stateEntries() {
        return state.size();
    }

    @Override
    public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
        Scripted producer = new Scripted();
        producers.add(producer);
        return producer;
    }

    @Override
    public Admin admin(Map<String, Object> properties) {
        throw new AssertionError("a transactional producer needs no admin client");
    }

    @Override
    public org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
        return new MockConsumer<>("earliest");
    }

    @Override
    public StateTopic stateTopic(KafkaOptions options, String clientId) {
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
            public List<byte[]> read(String client, Duration timeout) {
                return List.copyOf(state.values());
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

    private final class Scripted extends MockProducer<byte[], byte[]> {
        private RuntimeException refusal;

        Scripted() {
            super(Cluster.empty(), true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void initTransactions() {
            RuntimeException failure = initializations.poll();
            if (failure != null) {
                throw failure;
            }
            super.initTransactions();
        }

        @Override
        public synchronized java.util.concurrent.Future<RecordMetadata> send(
                ProducerRecord<byte[], byte[]> record, Callback callback) {
            RuntimeException mine = refusals.get(record.topic());
            if (mine == null && refusal == null) {
                return super.send(record, callback);
            }
            RuntimeException told = mine != null ? mine : new TransactionAbortedException("aborted");
            refusal = refusal == null ? told : refusal;
            if (callback != null) {
                callback.onCompletion(null, told);
            }
            return java.util.concurrent.CompletableFuture.failedFuture(told);
        }

        @Override
        public void commitTransaction() {
            if (refusal != null) {
                throw new KafkaException(
                        "Cannot execute transactional method because we are in an error state", refusal);
            }
            Consumer<Scripted> script = commits.poll();
            if (script == null) {
                reallyCommit();
            } else {
                script.accept(this);
            }
        }

        void reallyCommit() {
            List<String> values = new ArrayList<>();
            Map<String, byte[]> entries = new HashMap<>();
            for (ProducerRecord<byte[], byte[]> record : uncommittedRecords()) {
                if (record.topic().equals(STATE)) {
                    entries.put(new String(record.key(), StandardCharsets.UTF_8), record.value());
                } else {
                    values.add(new String(record.value(), StandardCharsets.UTF_8));
                }
            }
            super.commitTransaction();
            state.putAll(entries);
            committed.add(values);
        }

        @Override
        public void abortTransaction() {
            super.abortTransaction();
            refusal = null;
        }
    }
}
