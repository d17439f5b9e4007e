package io.mqttkafka.bridge.testkit.fake.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault of each operation, by a clock that the test moves: what the clients see, and what a bridge makes of it. */
class KafkaFaultsTest {

    private static final Duration DELAY = Duration.ofMinutes(10);
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final Duration NANO = Duration.ofNanos(1);
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);
    private static final Map<TopicPartition, OffsetAndMetadata> OFFSETS = Map.of(PARTITION, new OffsetAndMetadata(1));

    private final ManualClock clock = new ManualClock();
    private final KafkaCore core = new KafkaCore(clock, true, 1);
    private final FakeProducer producer = new FakeProducer(
            core,
            Map.of("transactional.id", "id", "max.block.ms", LONG.toMillis(), "delivery.timeout.ms", LONG.toMillis()));
    private final FakeConsumer consumer =
            new FakeConsumer(core, Map.of("group.id", "g", "auto.offset.reset", "earliest"));

    @AfterEach
    void close() {
        core.faults().clear();
        producer.close(Duration.ofSeconds(1));
        consumer.close();
    }

    /** Prepares for an operation, so that nothing but that is left to do. */
    private void prepare(KafkaOperation operation) {
        core.append(record("before"), core.place(record("before")), null);
        consumer.subscribe(List.of("t"), new Nothing());
        if (operation == KafkaOperation.COMMIT_OFFSETS) {
            consumer.poll(Duration.ZERO);
        }
        if (operation == KafkaOperation.SEND || operation == KafkaOperation.COMMIT_TRANSACTION) {
            producer.initTransactions();
            producer.beginTransaction();
        }
        if (operation == KafkaOperation.COMMIT_TRANSACTION) {
            producer.send(record("within"));
            producer.flush();
        }
    }

    /** Does an operation from its beginning to its end. */
    private void perform(KafkaOperation operation) throws ExecutionException, InterruptedException {
        switch (operation) {
            case SEND -> producer.send(record("sent")).get();
            case LOOK_UP -> producer.partitionsFor("t");
            case INIT_TRANSACTIONS -> producer.initTransactions();
            case COMMIT_TRANSACTION -> producer.commitTransaction();
            case FETCH -> awaitFetched();
            case COMMIT_OFFSETS -> consumer.commitSync(OFFSETS, LONG);
            default -> throw new IllegalArgumentException(operation.toString());
        }
    }

    private void awaitFetched() {
        while (consumer.poll(Duration.ofMillis(5)).isEmpty()) {
            // A poll that is held up returns with nothing.
        }
    }

    private CompletableFuture<Void> begin(KafkaOperation operation) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        perform(operation);
                    } catch (ExecutionException e) {
                        throw new CompletionException(e.getCause());
                    } catch (InterruptedException e) {
                        throw new CompletionException(e);
                    }
                },
                task -> new Thread(task, "operation").start());
    }

    private static Throwable failure(CompletableFuture<Void> done) throws InterruptedException {
        try {
            done.get(1, TimeUnit.MINUTES);
            throw new AssertionError("It has succeeded");
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError("It goes on", e);
        }
    }

    @ParameterizedTest
    @EnumSource(KafkaOperation.class)
    void delay_holdsTheOperationUp_untilTheClockHasMovedSoFar(KafkaOperation operation) throws Exception {
        prepare(operation);
        core.faults().on(operation).nth(1).delay(DELAY);

        CompletableFuture<Void> done = begin(operation);

        assertThat(clock.awaitPause()).isEqualTo(DELAY);
        clock.advance(DELAY.minus(NANO));
        assertThat(clock.awaitPause()).isEqualTo(NANO);
        assertThat(done).isNotDone();
        clock.advance(NANO);
        done.get(1, TimeUnit.MINUTES);
        assertThat(core.faults().happened()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(KafkaOperation.class)
    void hang_thatIsReleasedBeforeTheOperationGetsThere_doesNotHang(KafkaOperation operation) throws Exception {
        prepare(operation);
        core.faults().on(operation).nth(1).hang();

        core.faults().release();

        begin(operation).get(1, TimeUnit.MINUTES);
        assertThat(core.faults().happened()).hasSize(1);
    }

    @Test
    void release_ofWhatHangs_isNotOneForTheNext() throws Exception {
        prepare(KafkaOperation.LOOK_UP);
        core.faults().on(KafkaOperation.LOOK_UP).hang();
        CompletableFuture<Void> first = begin(KafkaOperation.LOOK_UP);
        core.faults().awaitHappened(1).release();
        first.get(1, TimeUnit.MINUTES);

        CompletableFuture<Void> second = begin(KafkaOperation.LOOK_UP);
        core.faults().awaitHappened(2);

        assertThat(second).isNotDone();
        core.faults().release();
        second.get(1, TimeUnit.MINUTES);
    }

    @Test
    void neverHappened_tellsWhichFaultsWereInVain() throws Exception {
        prepare(KafkaOperation.LOOK_UP);
        core.faults().on(KafkaOperation.LOOK_UP).nth(1).hang();
        core.faults().on(KafkaOperation.SEND).topic("other").nth(3).tooLarge();
        core.faults().release();

        begin(KafkaOperation.LOOK_UP).get(1, TimeUnit.MINUTES);

        assertThat(core.faults().neverHappened()).containsExactly("SEND 'other': nth(3).fail(RecordTooLargeException)");
    }

    @ParameterizedTest
    @EnumSource(KafkaOperation.class)
    void hang_lastsUntilItIsReleased(KafkaOperation operation) throws Exception {
        prepare(operation);
        core.faults().on(operation).nth(1).hang();

        CompletableFuture<Void> done = begin(operation);

        await().until(() -> !core.faults().happened().isEmpty());
        assertThat(done).isNotDone();
        core.faults().release();
        done.get(1, TimeUnit.MINUTES);
        assertThat(core.faults().happened()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(KafkaOperation.class)
    void fail_isToldOnce_andNothingIsDone(KafkaOperation operation) throws Exception {
        prepare(operation);
        KafkaException gone = new KafkaException("gone");
        core.faults().on(operation).nth(1).fail(gone);

        assertThat(failure(begin(operation))).isSameAs(gone);

        assertThat(core.group("g").committed()).isEmpty();
        assertThat(core.confirmations("t")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = KafkaOperation.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = "FETCH") // a poll has no timeout to fail by
    void timeout_beforeTheEndOfTheDelay_isToldByTheClock(KafkaOperation operation) throws Exception {
        prepare(operation);
        core.faults().on(operation).nth(1).delay(LONG.plus(NANO));

        CompletableFuture<Void> done = begin(operation);
        clock.awaitPause();
        clock.advance(LONG.minus(NANO));
        assertThat(done).isNotDone();
        // Past the end of the delay too, but that would have come after the timeout.
        clock.advance(LONG);

        assertThat(failure(done)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void delay_ofACommitThatNobodyWaitsFor_holdsUpThoseAfterIt() {
        prepare(KafkaOperation.COMMIT_OFFSETS);
        core.faults().on(KafkaOperation.COMMIT_OFFSETS).nth(1).delay(DELAY);
        CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> first = new CompletableFuture<>();
        CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> second = new CompletableFuture<>();

        consumer.commitAsync(OFFSETS, (offsets, failure) -> first.complete(offsets));
        consumer.commitAsync(OFFSETS, (offsets, failure) -> second.complete(offsets));
        consumer.poll(Duration.ZERO);
        assertThat(core.group("g").committed()).isEmpty();
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        assertThatThrownBy(() -> consumer.commitSync(OFFSETS, Duration.ofMillis(1)))
                .isInstanceOf(TimeoutException.class);

        clock.advance(DELAY);
        consumer.poll(Duration.ZERO);

        assertThat(core.group("g").committed()).containsEntry(PARTITION, 1L);
        assertThat(first).isCompletedWithValue(OFFSETS);
        assertThat(second).isCompletedWithValue(OFFSETS);
    }

    // What a bridge makes of it.

    private static Bridge bridge(FakeMqttBroker mqtt, FakeKafka kafka, Route route) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1").keepAlive(Duration.ofHours(18)))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .drainTimeout(Duration.ofMillis(200))
                .route(route)
                .build()
                .start();
    }

    private static Route fromKafka() {
        return Route.fromKafka("commands")
                .group("edge")
                .toMqtt("devices/{key}/cmd")
                .noSubscribers(NoSubscribers.accept())
                .name("r")
                .build();
    }

    @Test
    void fetch_thatFails_isMadeAgainByANewConsumerAfterAPause() {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.builder().clock(clock).start()) {
            kafka.createTopic("commands", 1);
            kafka.faults().on(KafkaOperation.FETCH).nth(1).fail(new KafkaException("gone"));
            try (Bridge bridge = bridge(mqtt, kafka, fromKafka())) {
                kafka.produce("commands", "7", "on");
                await().until(() -> !kafka.faults().happened().isEmpty());

                clock.advance(clock.awaitPause());

                kafka.awaitCommitted("edge", "commands", 0, 1);
                await().until(() -> bridge.health().route("r").total().delivered() == 1);
            }
        }
    }

    @Test
    void commitOfOffsets_thatFailsOrIsHeldUp_isMadeLater() {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.builder().clock(clock).start()) {
            kafka.createTopic("commands", 1);
            kafka.faults()
                    .on(KafkaOperation.COMMIT_OFFSETS)
                    .nth(1)
                    .fail(new KafkaException("gone"))
                    .on(KafkaOperation.COMMIT_OFFSETS)
                    .nth(2)
                    .delay(DELAY);
            try (Bridge bridge = bridge(mqtt, kafka, fromKafka())) {
                kafka.produce("commands", "7", "on");

                assertThat(clock.awaitPause()).isEqualTo(DELAY);
                assertThat(kafka.committed("edge", "commands", 0)).isEqualTo(-1);
                clock.advance(DELAY);

                kafka.awaitCommitted("edge", "commands", 0, 1);
                await().until(() -> bridge.health().route("r").total().delivered() == 1);
            }
        }
    }

    @Test
    void initTransactions_thatFails_failsTheStart() {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            kafka.faults().on(KafkaOperation.INIT_TRANSACTIONS).nth(1).fail(new KafkaException("gone"));
            Route route =
                    Route.fromMqtt("a/#").qos(QoS.EXACTLY_ONCE).toKafka("t").build();

            assertThatThrownBy(() -> bridge(mqtt, kafka, route))
                    .isInstanceOf(BridgeStartException.class)
                    .hasMessageContaining("gone");
            assertThat(kafka.clients()).isZero();
        }
    }

    @Test
    void pubrel_thatComesTwice_isAnsweredAndRepeatsNothing() {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            mqtt.faults().after(MqttPacketType.PUBREL).toClient().first(2).redeliver();
            Route route =
                    Route.fromMqtt("a/#").qos(QoS.EXACTLY_ONCE).toKafka("t").build();
            try (Bridge bridge = bridge(mqtt, kafka, route)) {
                mqtt.awaitAcknowledged(mqtt.publish("a/1", "1", 2));
                mqtt.awaitAcknowledged(mqtt.publish("a/1", "2", 2));
                mqtt.awaitAcknowledged(mqtt.publish("a/1", "3", 2));

                assertThat(kafka.values("t")).containsExactly("1", "2", "3");
                assertThat(mqtt.faults().happened()).hasSize(2);
                assertThat(bridge.health().connections().get(0).connects()).isEqualTo(1);
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>("t", value.getBytes(StandardCharsets.UTF_8));
    }

    /** Nobody asked to be told. */
    private static final class Nothing implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
