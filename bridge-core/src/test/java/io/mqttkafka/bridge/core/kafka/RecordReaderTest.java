package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the thread that reads looks whether a record can be taken, and what it makes of what Kafka hands out. */
class RecordReaderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TOPIC = "t";

    private final Taker taker = new Taker();
    private final CountingConsumer consumer = new CountingConsumer();
    private final RecordReader source = new RecordReader(
            new OneConsumer(consumer),
            KafkaOptions.builder()
                    .bootstrapServers("kafka:9092")
                    .consumer("group.protocol", "classic")
                    .build(),
            BridgeClock.SYSTEM,
            new RecordFeed.Reading("r", List.of(TOPIC), null, "g", "c", 100, 64, 16_384),
            taker);

    @AfterEach
    void stop() throws InterruptedException {
        source.stop(Duration.ZERO);
    }

    private void start() {
        source.open(PATIENCE);
        source.start();
    }

    /** As when a bridge is closed while it starts. */
    @Test
    void startedAfterItWasStopped_doesNotFail() throws InterruptedException {
        source.open(PATIENCE);
        source.stop(Duration.ZERO);

        source.start();
        source.stop(Duration.ZERO);

        assertThat(taker.failure).isNull();
    }

    /** What it waits for may happen before it waits: asleep it polls between one look and the next. */
    @Test
    void woken_beforeItWaits_looksAgainAtOnce() {
        taker.ready = false;
        taker.onFlush = source::wake;
        start();

        await().atMost(PATIENCE).until(() -> consumer.mostLooksBetweenPolls() > 10);
    }

    /** As when the topic was created anew, its log was cut, or Kafka had lost the place. */
    @Test
    void offsetGoesBack_beginsAnew_andCommitsNothingOfBefore() {
        start();
        consumer.give(0, 7, 8, 9);
        awaitTaken(3);
        taker.entries.get(0).settle();
        await().atMost(PATIENCE).until(() -> consumer.asked.equals(List.of(8L)));

        consumer.give(0, 0, 1);
        awaitTaken(5);
        assertThat(taker.entries.subList(1, 3)).allMatch(OffsetLedger.Entry::abandoned);
        assertThat(taker.entries.subList(3, 5)).noneMatch(OffsetLedger.Entry::abandoned);
        taker.entries.forEach(OffsetLedger.Entry::settle);

        await().atMost(PATIENCE).until(() -> consumer.asked.contains(2L));
        // It may have looked between one settlement and the next.
        assertThat(consumer.asked.subList(1, consumer.asked.size()))
                .isSubsetOf(1L, 2L)
                .isSorted();
        assertThat(taker.failure).isNull();
    }

    /** It would be taken for an offset of the new records, and their marks for outdated. */
    @Test
    void offsetGoesBack_answerToTheCommitOfBefore_isNotTold() {
        consumer.holdAnswers = true;
        start();
        consumer.give(0, 7, 8);
        awaitTaken(2);
        taker.entries.get(0).settle();
        await().atMost(PATIENCE).until(() -> consumer.asked.equals(List.of(8L)));
        consumer.give(0, 0);
        awaitTaken(3);

        consumer.answer();
        taker.entries.get(2).settle();

        await().atMost(PATIENCE).until(() -> consumer.asked.contains(1L));
        consumer.answer();
        await().atMost(PATIENCE).until(() -> taker.committed.contains(1L));
        assertThat(taker.committed).doesNotContain(8L);
        assertThat(taker.acknowledged.get()).isEqualTo(1);
    }

    /** Records of the other partitions would wait for ever for one that the new log does not have. */
    @Test
    void logEndsBeforeARecordOfAnEarlierProcess_recordIsGivenUp() {
        taker.expected = 500;
        taker.urgent.add(new Partition("g", TOPIC, 0));
        consumer.endsAt(0, 2);
        start();
        consumer.give(0, 0, 1);
        awaitTaken(2);
        await().atMost(PATIENCE).until(taker.urgent::isEmpty);
        assertThat(taker.failure).isNull();
    }

    @Test
    void logGoesOnBehindWhatWasRead_recordOfAnEarlierProcessMayCome() {
        taker.expected = 500;
        taker.urgent.add(new Partition("g", TOPIC, 0));
        consumer.endsAt(0, 501);
        start();
        consumer.give(0, 0, 1);
        awaitTaken(2);
        int asked = consumer.endsAsked.get();
        // the answer to the first of them has been dealt with when the second is asked
        await().atMost(PATIENCE).until(() -> consumer.endsAsked.get() >= asked + 2);
        assertThat(taker.urgent).isNotEmpty();

        consumer.give(0, 500);
        awaitTaken(3);
        await().atMost(PATIENCE).until(taker.urgent::isEmpty);
    }

    /** It would never be read, and its message would hold a place at the MQTT broker for ever. */
    @Test
    void partitionOfAnEarlierProcess_isNoMore_recordIsGivenUp() {
        taker.expected = 500;
        taker.urgent.add(new Partition("g", TOPIC, 7));
        start();

        await().atMost(PATIENCE).until(taker.urgent::isEmpty);
        assertThat(taker.failure).isNull();
    }

    @Test
    void recordOfAnEarlierProcess_behindNewerRecordsThanItCanHaveRead_isGivenUp() {
        taker.expected = 1_000_000;
        taker.urgent.add(new Partition("g", TOPIC, 0));
        consumer.endsAt(0, 2_000_000);
        start();
        long[] offsets = new long[2 * PartitionBook.MOST_OPEN + 1];
        Arrays.setAll(offsets, i -> i);
        consumer.give(0, offsets);

        await().atMost(PATIENCE).until(taker.urgent::isEmpty);
        assertThat(taker.entries).hasSize(offsets.length);
    }

    private void awaitTaken(int count) {
        await().atMost(PATIENCE).until(() -> taker.entries.size() == count || taker.failure != null);
        assertThat(taker.failure).isNull();
    }

    /** Takes what it is given, and counts how often it is asked. */
    static final class Taker implements RecordHandler {
        final AtomicInteger looks = new AtomicInteger();
        final List<OffsetLedger.Entry> entries = Collections.synchronizedList(new ArrayList<>());
        final List<Long> committed = new CopyOnWriteArrayList<>();
        final AtomicLong acknowledged = new AtomicLong();
        final List<String> unreadable = new CopyOnWriteArrayList<>();
        final List<Exception> troubles = new CopyOnWriteArrayList<>();
        volatile @Nullable Throwable failure;
        volatile boolean ready = true;

        /** The partition of which an earlier process had a record, if any, and the offset of that. */
        final List<Partition> urgent = new CopyOnWriteArrayList<>();

        volatile long expected;
        volatile Runnable onFlush = () -> {};
        volatile java.util.function.Consumer<OffsetLedger.Entry> onTake = entry -> {};

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public boolean ready() {
            looks.incrementAndGet();
            return ready;
        }

        @Override
        public void take(KafkaMessage message, String excess, OffsetLedger.Entry entry) {
            entries.add(entry);
            onTake.accept(entry);
        }

        @Override
        public void unreadable(KafkaMessage message, OffsetLedger.Entry entry, DeliveryException cause) {
            unreadable.add(message.origin());
            entries.add(entry);
        }

        @Override
        public void flush() {
            onFlush.run();
        }

        @Override
        public boolean settling() {
            return false;
        }

        @Override
        public void committed(long records) {
            acknowledged.addAndGet(records);
        }

        @Override
        public void committed(String topic, int partition, long offset) {
            committed.add(offset);
        }

        @Override
        public void revoked(String topic, int partition) {}

        @Override
        public Collection<Partition> urgent() {
            return List.copyOf(urgent);
        }

        @Override
        public boolean readyFor(Partition partition) {
            return true;
        }

        @Override
        public boolean passed(Partition partition, long offset) {
            return urgent.removeIf(one -> one.equals(partition) && offset > expected);
        }

        @Override
        public boolean ended(Partition partition, long end) {
            return urgent.removeIf(one -> one.equals(partition) && end <= expected);
        }

        @Override
        public void troubled(Exception cause) {
            troubles.add(cause);
        }

        @Override
        public void failed(Throwable cause) {
            failure = cause;
        }
    }

    /** Hands out records at any offsets, and tells how often the taker was asked from one poll to the next. */
    private final class CountingConsumer extends MockConsumer<byte[], byte[]> {
        /** The offsets that it was asked to commit. */
        final List<Long> asked = new CopyOnWriteArrayList<>();

        private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
        final AtomicInteger endsAsked = new AtomicInteger();
        volatile boolean holdAnswers;
        private volatile int most;

        CountingConsumer() {
            super("earliest");
            Node node = new Node(1, "kafka", 9092);
            Node[] replicas = {node};
            updatePartitions(TOPIC, new ArrayList<>(List.of(new PartitionInfo(TOPIC, 0, node, replicas, replicas))));
        }

        /** Lets the next poll find these records, wherever the last one has left off. */
        void give(int partition, long... offsets) {
            TopicPartition place = new TopicPartition(TOPIC, partition);
            schedulePollTask(() -> {
                if (!assignment().contains(place)) {
                    rebalance(List.of(place));
                }
                updateBeginningOffsets(Map.of(place, 0L));
                seek(place, offsets[0]);
                for (long offset : offsets) {
                    addRecord(new ConsumerRecord<>(TOPIC, partition, offset, null, new byte[0]));
                }
            });
        }

        void endsAt(int partition, long offset) {
            updateEndOffsets(Map.of(new TopicPartition(TOPIC, partition), offset));
        }

        @Override
        public synchronized Map<TopicPartition, Long> endOffsets(
                Collection<TopicPartition> partitions, Duration timeout) {
            Map<TopicPartition, Long> ends = super.endOffsets(partitions);
            endsAsked.incrementAndGet();
            return ends;
        }

        /** Gives the answers that were held. */
        void answer() {
            schedulePollTask(() -> {
                Runnable answer = answers.poll();
                if (answer != null) {
                    answer.run();
                }
            });
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            offsets.values().forEach(offset -> asked.add(offset.offset()));
            if (holdAnswers) {
                answers.add(() -> super.commitAsync(offsets, callback));
            } else {
                super.commitAsync(offsets, callback);
            }
        }

        int mostLooksBetweenPolls() {
            return most;
        }

        @Override
        public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            most = Math.max(most, taker.looks.getAndSet(0));
            return super.poll(timeout);
        }
    }

    /** Makes this consumer and nothing else. */
    private record OneConsumer(Consumer<byte[], byte[]> consumer) implements KafkaClients {
        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            return consumer;
        }

        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return new ScriptedTopics().admin();
        }
    }
}
