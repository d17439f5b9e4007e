package io.mqttkafka.bridge.tests.engine;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafkaFinder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A Kafka that has every topic for producers, and confirms a record when, and in the order in which, the test says so, as
 * the testkit's {@link FakeKafka} does not. Consumers and admin clients are those of a {@link FakeKafka}.
 */
public final class ScriptedKafka implements KafkaClients, AutoCloseable {

    /** What routes from Kafka read and commit. */
    public final SourceLog log = new SourceLog();

    private final KafkaClients source = new FakeKafkaFinder()
            .find(KafkaOptions.builder()
                    .bootstrapServers(log.kafka.bootstrapServers())
                    .build());

    /** What bridges live by. */
    public volatile BridgeClock clock = BridgeClock.SYSTEM;

    public final ScriptedTransactions transactions = new ScriptedTransactions();

    private final AtomicInteger producers = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final BlockingQueue<Sent> sent = new LinkedBlockingQueue<>();
    private volatile Runnable beforeProducer = () -> {};
    private volatile int partitions = 1;

    /** A record that the bridge has handed to a producer. */
    public static final class Sent {
        public final ProducerRecord<byte[], byte[]> record;

        /** Which producer took it, counted from 1. */
        public final int producer;

        private final Callback callback;
        private final AtomicBoolean done = new AtomicBoolean();

        private Sent(ProducerRecord<byte[], byte[]> record, int producer, Callback callback) {
            this.record = record;
            this.producer = producer;
            this.callback = callback;
        }

        public String value() {
            return record.value() == null ? null : new String(record.value(), StandardCharsets.UTF_8);
        }

        /** The headers as name=value, in order. */
        public List<String> headers() {
            List<String> texts = new ArrayList<>();
            record.headers()
                    .forEach(header ->
                            texts.add(header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8)));
            return texts;
        }

        public void confirm() {
            complete(null);
        }

        public void fail(RuntimeException exception) {
            complete(exception);
        }

        private void complete(RuntimeException exception) {
            if (done.compareAndSet(false, true)) {
                RecordMetadata metadata = new RecordMetadata(
                        new TopicPartition(record.topic(), 0),
                        0,
                        0,
                        0L,
                        0,
                        record.value() == null ? -1 : record.value().length);
                callback.onCompletion(exception == null ? metadata : null, exception);
            }
        }
    }

    @Override
    public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
        beforeProducer.run();
        Object transactionalId = properties.get(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        return transactionalId == null
                ? new TestProducer(producers.incrementAndGet())
                : transactions.producer(transactionalId.toString());
    }

    @Override
    public StateTopic stateTopic(KafkaOptions options, String clientId) {
        return transactions.stateTopic();
    }

    @Override
    public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
        return log.watched(source.consumer(properties));
    }

    /** Another member of the group, which wants its share. */
    public Consumer<byte[], byte[]> otherConsumer() {
        Consumer<byte[], byte[]> other =
                source.consumer(Map.of("group.id", SourceLog.GROUP, "auto.offset.reset", "earliest"));
        other.subscribe(List.of("commands"), new Unmoved());
        return other;
    }

    /** A producer of another application, which writes by transactions. */
    public Producer<byte[], byte[]> otherProducer() {
        return source.producer(Map.of("transactional.id", "other"));
    }

    /** Has something done before each producer is made. */
    public void beforeProducer(Runnable action) {
        beforeProducer = action;
    }

    /** Sets how many partitions every topic has. */
    public void partitions(int count) {
        partitions = count;
    }

    /** How many producers that are not transactional have not been closed. */
    public int openProducers() {
        return open.get();
    }

    /** How many producers there have been. */
    public int producers() {
        return producers.get();
    }

    /** Waits for the next record. */
    public Sent next() {
        return poll(Engine.PATIENCE).orElseThrow(() -> new AssertionError("Expected a record, but none was sent"));
    }

    /** Waits for the next record and checks its value. */
    public Sent next(String value) {
        Sent next = next();
        if (!next.value().equals(value)) {
            throw new AssertionError("Expected the record '" + value + "', but got '" + next.value() + "'");
        }
        return next;
    }

    /** Waits this long for no record to be sent. */
    public void expectNothing(Duration duration) {
        poll(duration).ifPresent(next -> {
            throw new AssertionError("Expected no record, but got '" + next.value() + "'");
        });
    }

    /** Waits this long for a record. */
    public Optional<Sent> poll(Duration patience) {
        try {
            return Optional.ofNullable(sent.poll(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for a record", e);
        }
    }

    @Override
    public Admin admin(Map<String, Object> properties) {
        return source.admin(properties);
    }

    @Override
    public void close() {
        log.close();
    }

    /** Completes records in any order; when closed it waits for them as long as it is told, then gives them up. */
    private final class TestProducer extends MockProducer<byte[], byte[]> {
        private final int number;
        private final BlockingQueue<Sent> mine = new LinkedBlockingQueue<>();

        public TestProducer(int number) {
            super(Cluster.empty(), false, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.number = number;
            open.incrementAndGet();
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            Future<RecordMetadata> future = super.send(record, null);
            Sent one = new Sent(record, number, callback);
            mine.add(one);
            sent.add(one);
            return future;
        }

        @Override
        public List<PartitionInfo> partitionsFor(String topic) {
            Node node = new Node(1, "kafka", 9092);
            return IntStream.range(0, partitions)
                    .mapToObj(number -> new PartitionInfo(topic, number, node, new Node[] {node}, new Node[] {node}))
                    .toList();
        }

        @Override
        public synchronized void flush() {
            // The test says when records are confirmed.
        }

        @Override
        public void close(Duration timeout) {
            long deadline = System.nanoTime() + timeout.toNanos();
            while (mine.stream().anyMatch(one -> !one.done.get()) && System.nanoTime() < deadline) {
                LockSupport.parkNanos(1_000_000);
            }
            if (!closed()) {
                open.decrementAndGet();
            }
            super.close(timeout);
            mine.forEach(one -> one.fail(new KafkaException("Producer is closed forcefully.")));
        }
    }

    private static final class Unmoved implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
