package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a consumer fails at is tried again as long as that brings the route on, and no longer. */
class RecordReaderFailureTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TOPIC = "t";
    private static final TopicPartition PLACE = new TopicPartition(TOPIC, 0);
    private static final int MOST_OPEN = 100;

    private final RecordReaderTest.Taker taker = new RecordReaderTest.Taker();
    private final ScriptedTopics topics = new ScriptedTopics();
    private final AtomicInteger made = new AtomicInteger();

    /** Says what the n-th consumer, from 1 on, finds at its first poll. */
    private volatile BiConsumer<Integer, Reader> script = (number, reader) -> {};

    /** Fails to make the n-th consumer if it throws. */
    private volatile java.util.function.IntConsumer making = number -> {};

    private volatile Reader last = new Reader();

    private final RecordReader source = new RecordReader(
            new Clients(),
            KafkaOptions.builder()
                    .bootstrapServers("kafka:9092")
                    .consumer("group.protocol", "classic")
                    .build(),
            new HurriedClock(),
            new RecordFeed.Reading("r", List.of(TOPIC), null, "g", "c", MOST_OPEN, 64, 16_384),
            taker);

    @AfterEach
    void stop() throws InterruptedException {
        source.stop(Duration.ZERO);
    }

    private void start() {
        topics.make(TOPIC);
        source.open(PATIENCE);
        source.start();
    }

    private DeliveryException failure() {
        await().atMost(PATIENCE).until(() -> taker.failure != null);
        assertThat(taker.failure).isInstanceOf(DeliveryException.class);
        return (DeliveryException) taker.failure;
    }

    private void awaitTaken(int count) {
        await().atMost(PATIENCE).until(() -> taker.entries.size() >= count || taker.failure != null);
        assertThat(taker.failure).isNull();
    }

    @Test
    void failsEachTime_withoutARecord_stopsAndSaysWhy() {
        script = (number, reader) -> reader.fails(new KafkaException("nobody knows"));
        start();

        assertThat(failure())
                .hasMessageContaining("5 times in a row without a record in between")
                .hasMessageContaining("nobody knows");
        assertThat(made.get()).isEqualTo(Restarts.MOST);
    }

    @Test
    void failsEachTime_withARecordInBetween_goesOn() {
        script = (number, reader) -> reader.gives(number).fails(new KafkaException("nobody knows"));
        start();

        awaitTaken(15);
    }

    /** They were not committed, so each consumer begins with them. */
    @Test
    void failsEachTime_withTheSameRecordsInBetween_stops() {
        script = (number, reader) -> reader.gives(1, 2).fails(new KafkaException("nobody knows"));
        start();

        assertThat(failure()).hasMessageContaining("without a record in between");
    }

    @Test
    void nativeLibraryCannotBeLoaded_stopsAtOnceWithTheMend() {
        script = (number, reader) -> reader.fails(new KafkaException(
                "Received exception when fetching the next record from t-0. If needed, please seek past the record.",
                new KafkaException(new NoClassDefFoundError("Could not initialize class org.xerial.snappy.Snappy"))));
        start();

        assertThat(failure()).hasMessageContaining("native library").hasMessageContaining("java.io.tmpdir");
        assertThat(made.get()).isOne();
        assertThat(taker.unreadable).isEmpty();
    }

    @Test
    void recordCannotBeRead_isLeftToTheFailurePolicy_andTheRestGoesOn() {
        script = (number, reader) -> reader.gives(3, 4).failsAt(5, corrupt()).gives(6);
        start();

        awaitTaken(4);
        await().atMost(PATIENCE).until(() -> !taker.unreadable.isEmpty());
        assertThat(taker.unreadable).containsExactly("t-0@5");
        assertThat(made.get()).isEqualTo(3);
    }

    /** Kafka says so at each of its records, and each is a message of its own. */
    @Test
    void batchCannotBeRead_eachOfItsRecordsIsLeftToThePolicy_withoutAnotherConsumer() {
        script = (number, reader) -> reader.failsAt(5, corrupt())
                .failsAt(6, corrupt())
                .failsAt(7, corrupt())
                .gives(8);
        start();

        await().atMost(PATIENCE).until(() -> taker.entries.size() == 4);
        assertThat(taker.unreadable).containsExactly("t-0@5", "t-0@6", "t-0@7");
        assertThat(made.get()).isEqualTo(3);
    }

    @Test
    void recordThatCannotBeDeserialized_isNamedByTheException() {
        script = (number, reader) -> reader.failsAt(
                7,
                new RecordDeserializationException(
                        RecordDeserializationException.DeserializationExceptionOrigin.VALUE,
                        PLACE,
                        7,
                        0,
                        org.apache.kafka.common.record.TimestampType.CREATE_TIME,
                        null,
                        null,
                        null,
                        "not readable",
                        null));
        start();

        await().atMost(PATIENCE).until(() -> !taker.unreadable.isEmpty());
        assertThat(taker.unreadable).containsExactly("t-0@7");
    }

    private static KafkaException corrupt() {
        return new KafkaException(
                "Received exception when fetching the next record from t-0. If needed, please seek past the record to"
                        + " continue consumption.",
                new KafkaException("Record batch for partition t-0 at offset 5 is invalid, cause: Record is corrupt"));
    }

    @Test
    void rightGoesAwayForAMoment_goesOn() {
        script = (number, reader) -> {
            if (number <= 3) {
                reader.fails(
                        number == 2
                                ? GroupAuthorizationException.forGroupId("g")
                                : new TopicAuthorizationException(Set.of(TOPIC)));
            } else {
                reader.gives(1);
            }
        };
        start();

        awaitTaken(1);
        assertThat(taker.troubles).hasSize(3);
    }

    @Test
    void rightIsGone_stopsAndNamesIt() {
        script = (number, reader) -> reader.fails(new TopicAuthorizationException(Set.of(TOPIC)));
        start();

        assertThat(failure())
                .hasMessageContaining("READ")
                .hasMessageContaining("'g'")
                .hasMessageContaining("[t]");
    }

    @Test
    void credentialsAreRefused_stopsAndNamesTheProperties() {
        script = (number, reader) -> reader.fails(new SaslAuthenticationException("wrong"));
        start();

        assertThat(failure()).hasMessageContaining("sasl.*");
    }

    @Test
    void hostNameIsAway_whileAConsumerIsReplaced_isTriedUntilItIsBack() {
        making = number -> {
            if (number > 1 && number < 20) {
                throw unresolved();
            }
        };
        script = (number, reader) -> {
            if (number == 1) {
                reader.fails(new KafkaException("a broken consumer"));
            } else {
                reader.gives(1);
            }
        };
        start();

        awaitTaken(1);
        assertThat(made.get()).isEqualTo(20);
        assertThat(taker.troubles).hasSize(19);
    }

    @Test
    void hostNameIsAway_atTheStart_isTriedUntilItIsThere() {
        making = number -> {
            if (number == 1) {
                throw unresolved();
            }
        };
        script = (number, reader) -> reader.gives(1);
        start();

        awaitTaken(1);
        assertThat(made.get()).isEqualTo(2);
    }

    @Test
    void hostNameStaysAway_atTheStart_isToldInTheEnd() {
        making = number -> {
            throw unresolved();
        };
        assertThatThrownBy(() -> source.open(Duration.ofMillis(600)))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageStartingWith("kafka.bootstrapServers: ")
                .hasMessageContaining("could be resolved");
        assertThat(made.get()).isGreaterThan(1);
    }

    @Test
    void wrongProperty_atTheStart_isToldAtOnce() {
        making = number -> {
            throw new KafkaException("Failed to construct kafka consumer", new ConfigException("Invalid value x"));
        };
        assertThatThrownBy(() -> source.open(PATIENCE))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("Invalid value x");
        assertThat(made.get()).isOne();
    }

    private static KafkaException unresolved() {
        return new KafkaException(
                "Failed to construct kafka consumer",
                new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"));
    }

    /** Otherwise a crash would repeat everything since Kafka stopped to take offsets over. */
    @Test
    void offsetsAreNotTakenOver_noMoreRecordsAreTakenThanMayBeOpen() {
        script = (number, reader) -> {
            reader.commitFailure = new TimeoutException("the offsets topic is away");
            reader.gives(LongStream.range(0, 3 * MOST_OPEN).toArray());
        };
        taker.onTake = OffsetLedger.Entry::settle;
        start();
        awaitTaken(MOST_OPEN);
        int asked = last.commits.get();
        await().atMost(PATIENCE).until(() -> last.commits.get() > asked + 3);
        assertThat(taker.entries).hasSize(MOST_OPEN);

        last.commitFailure = null;
        awaitTaken(3 * MOST_OPEN);
    }

    @Test
    void topicIsMadeAnew_isReadFromItsBeginning_howeverLongItIs() {
        script = (number, reader) -> reader.gives(40, 41);
        start();
        awaitTaken(2);
        topics.awaitAsked();
        topics.make(TOPIC);
        await().atMost(PATIENCE).until(() -> later() && last.soughtToBeginning);
        assertThat(taker.entries).allMatch(OffsetLedger.Entry::abandoned);
        // Or who reads the partition next would begin behind.
        assertThat(last.committed(Set.of(PLACE)).get(PLACE).offset()).isZero();

        last.schedule(() -> last.give(0));
        awaitTaken(3);
        assertThat(taker.entries.get(2).abandoned()).isFalse();
    }

    @Test
    void topicIsGone_isTold_andTheRouteGoesOn() {
        start();
        topics.delete(TOPIC);
        await().atMost(PATIENCE).until(() -> later() && !taker.troubles.isEmpty());

        assertThat(taker.troubles).hasSize(1);
        assertThat(taker.troubles.get(0)).hasMessageContaining("'t' does not exist any more");
        last.schedule(() -> last.give(1));
        awaitTaken(1);
    }

    private static boolean later() {
        HurriedClock.SKIPPED.addAndGet(TimeUnit.SECONDS.toNanos(5));
        return true;
    }

    /** As code of a route does that swallows an interrupt wrongly; each poll would fail from then on. */
    @Test
    void threadIsLeftInterrupted_readsOn() {
        script = (number, reader) -> reader.gives(1);
        taker.onTake = entry -> Thread.currentThread().interrupt();
        start();
        awaitTaken(1);
        last.schedule(() -> last.give(2));
        awaitTaken(2);
        assertThat(made.get()).isOne();
    }

    /** Plays what it was told, one step a poll. */
    private final class Reader extends MockConsumer<byte[], byte[]> {
        private final List<Runnable> steps = new ArrayList<>();
        final AtomicInteger commits = new AtomicInteger();
        volatile RuntimeException commitFailure;
        volatile boolean soughtToBeginning;

        Reader() {
            super("earliest");
            Node node = new Node(1, "kafka", 9092);
            Node[] replicas = {node};
            updatePartitions(TOPIC, new ArrayList<>(List.of(new PartitionInfo(TOPIC, 0, node, replicas, replicas))));
            schedulePollTask(() -> rebalance(List.of(PLACE)));
            updateBeginningOffsets(Map.of(PLACE, 0L));
        }

        void play() {
            steps.forEach(this::schedule);
        }

        void schedule(Runnable step) {
            schedulePollTask(step);
        }

        void give(long... offsets) {
            if (!soughtToBeginning) {
                seek(PLACE, offsets[0]);
            }
            for (long offset : offsets) {
                addRecord(new ConsumerRecord<>(TOPIC, 0, offset, null, new byte[0]));
            }
        }

        Reader gives(long... offsets) {
            steps.add(() -> give(offsets));
            return this;
        }

        Reader fails(KafkaException failure) {
            steps.add(() -> {
                throw failure;
            });
            return this;
        }

        Reader failsAt(long offset, KafkaException failure) {
            steps.add(() -> {
                seek(PLACE, offset);
                throw failure;
            });
            return this;
        }

        @Override
        public synchronized org.apache.kafka.clients.consumer.ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            if (Thread.currentThread().isInterrupted()) {
                throw new org.apache.kafka.common.errors.InterruptException(new InterruptedException());
            }
            return super.poll(timeout);
        }

        @Override
        public synchronized void seekToBeginning(java.util.Collection<TopicPartition> partitions) {
            super.seekToBeginning(partitions);
            soughtToBeginning = true;
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            commits.incrementAndGet();
            if (commitFailure == null) {
                super.commitAsync(offsets, callback);
            } else {
                callback.onComplete(offsets, commitFailure);
            }
        }
    }

    /** Makes readers, and has no time to lose. */
    private final class Clients implements KafkaClients {
        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            int number = made.incrementAndGet();
            making.accept(number);
            Reader reader = new Reader();
            script.accept(number, reader);
            reader.play();
            last = reader;
            return reader;
        }

        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return topics.admin();
        }
    }

    /** Every wait is over at once. */
    private static final class HurriedClock implements BridgeClock {
        private static final AtomicLong SKIPPED = new AtomicLong();

        @Override
        public long nanos() {
            return System.nanoTime() + SKIPPED.get();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis();
        }

        @Override
        public java.time.Instant instant() {
            return java.time.Instant.now();
        }

        @Override
        public void await(Object monitor, long untilNanos) {
            park(monitor, untilNanos);
        }

        @Override
        public void park(Object blocker, long untilNanos) {
            SKIPPED.addAndGet(Math.max(0, untilNanos - nanos()));
        }

        @Override
        public void remind(long atNanos, Runnable wake) {
            wake.run();
        }
    }
}
