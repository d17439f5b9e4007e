package io.mqttkafka.bridge.core.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.ScriptedTransactions;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransactionCommitterTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(100);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final ScriptedTransactions kafka = new ScriptedTransactions();
    private final Told told = new Told();
    private final BlockingQueue<String> outcomes = new LinkedBlockingQueue<>();
    private SourceSession session;
    private TransactionCommitter committer;
    private int packetId;

    @AfterEach
    void stop() throws InterruptedException {
        committer.stop();
    }

    @Test
    void group_enoughRecords_isCommittedBeforeTheInterval() throws InterruptedException {
        start(LONG, 2);
        add("a");
        assertThat(kafka.nextCommitted()).containsExactly("a");

        add("b");
        kafka.expectNothingCommitted(QUIET);
        add("c");
        assertThat(kafka.nextCommitted()).containsExactly("b", "c");
    }

    @Test
    void group_intervalOver_isCommittedThoughFew() throws InterruptedException {
        start(Duration.ofMillis(20), 1000);
        add("a");
        assertThat(kafka.nextCommitted()).containsExactly("a");
        add("b");
        assertThat(kafka.nextCommitted()).containsExactly("b");
    }

    @Test
    void group_moreThanEnough_isCutAtTheCount() throws InterruptedException {
        start(Duration.ZERO, 2);
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        kafka.beforeCommit(() -> {
            committing.countDown();
            awaitLatch(gate);
        });
        add("a");
        awaitLatch(committing);
        for (String value : List.of("b", "c", "d")) {
            add(value);
        }
        gate.countDown();

        assertThat(kafka.nextCommitted()).containsExactly("a");
        assertThat(kafka.nextCommitted()).containsExactly("b", "c");
        assertThat(kafka.nextCommitted()).containsExactly("d");
    }

    @Test
    void head_notComplete_holdsUpThoseBehind() throws InterruptedException {
        start(Duration.ZERO, 100);
        TransactionUnit head = unit(2);
        complete(head, 0, "a0");
        add("b");
        kafka.expectNothingCommitted(QUIET);

        complete(head, 1, "a1");
        assertThat(kafka.nextCommitted()).containsExactly("a0", "a1", "b");
    }

    @Test
    void routeWithoutRecord_lastOne_completesTheMessage() throws InterruptedException {
        start(Duration.ZERO, 100);
        TransactionUnit unit = unit(2);
        complete(unit, 1, "a");
        unit.withoutRecord();
        committer.completed();

        assertThat(kafka.nextCommitted()).containsExactly("a");
    }

    @Test
    void committed_messages_areSettledAndTold() throws InterruptedException {
        start(Duration.ZERO, 100);
        add("a");

        assertThat(nextOutcome()).isEqualTo("a committed");
        await().atMost(SOON).until(session::owesAcknowledgement);
    }

    @Test
    void refusedRecord_goesBackToItsLane_andItsMessageComesBackInItsPlace() throws InterruptedException {
        kafka.refuse("small", new RecordTooLargeException("too large"));
        start(Duration.ZERO, 100);
        TransactionUnit culprit = unit(1);
        TransactionUnit next = unit(1);
        next.prepared(0, record("t", "b"));
        culprit.prepared(0, record("small", "a"));
        committer.completed();

        assertThat(nextOutcome()).isEqualTo("a TOO_LARGE");
        kafka.expectNothingCommitted(QUIET);
        complete(culprit, 0, "a to dead letters");
        assertThat(kafka.nextCommitted()).containsExactly("a to dead letters", "b");
        assertThat(told.unknown).isEmpty();
    }

    @Test
    void unknownOutcome_restart_givesUpAllAndGoesOn() throws InterruptedException {
        kafka.failCommit(new KafkaException("lost"));
        start(Duration.ZERO, 1);
        TransactionUnit first = add("a");
        TransactionUnit second = add("b");
        await().atMost(SOON).until(() -> !told.unknown.isEmpty());
        assertThat(committer.isBroken()).isTrue();
        kafka.expectNothingCommitted(QUIET);

        reconnect();
        assertThat(List.of(nextOutcome(), nextOutcome())).containsExactly("a BROKEN", "b BROKEN");
        assertThat(first.delivery.failed()).isTrue();
        assertThat(second.delivery.failed()).isTrue();
        add("c");
        assertThat(kafka.nextCommitted()).containsExactly("c");
    }

    /** A release or a record that came to an end while nothing could be committed. */
    @Test
    void wokenWhileBroken_restart_goesOn() throws InterruptedException {
        kafka.failCommit(new KafkaException("lost"));
        start(Duration.ZERO, 1000);
        add("a");
        await().atMost(SOON).until(committer::isBroken);
        committer.wake();
        reconnect();

        add("b");
        assertThat(kafka.nextCommitted()).containsExactly("b");
    }

    @Test
    void unknownOutcome_committedAfterAll_countsAsCommitted() throws InterruptedException {
        kafka.loseAnswerToCommit(new KafkaException("lost"));
        start(Duration.ZERO, 1);
        session.disconnected();
        session.connecting();
        session.connected(false);
        committer.wake();
        assertThat(kafka.nextCommitted()).isEmpty();
        await().atMost(SOON).until(committer::isBroken);
        assertThat(session.generationDue()).isTrue();

        session.disconnected();
        committer.restart(SOON);
        assertThat(session.generationDue()).isFalse();
    }

    @Test
    void fenced_tellsOwnerAndCommitsNothingMore() throws InterruptedException {
        kafka.failCommit(new ProducerFencedException("fenced"));
        start(Duration.ZERO, 1);
        add("a");
        await().atMost(SOON).until(() -> !told.fenced.isEmpty());
        assertThat(told.unknown).isEmpty();

        add("b");
        kafka.expectNothingCommitted(QUIET);
    }

    @Test
    void fail_mistakeOfOurs_givesUpAtRestart() throws InterruptedException {
        start(Duration.ZERO, 1);
        committer.fail(new AssertionError("user code"));
        assertThat(told.unknown).hasSize(1);
        TransactionUnit unit = add("a");
        kafka.expectNothingCommitted(QUIET);

        reconnect();
        assertThat(unit.delivery.failed()).isTrue();
    }

    @Test
    void releasedIds_nothingElseToWrite_areRemovedAllTheSame() throws InterruptedException {
        start(Duration.ZERO, 1);
        TransactionUnit unit = add("a");
        assertThat(kafka.nextCommitted()).containsExactly("a");
        assertThat(nextOutcome()).isEqualTo("a committed");
        await().atMost(SOON).until(session::owesAcknowledgement);

        session.released(packetId);
        assertThat(kafka.nextCommitted()).isEmpty();
        assertThat(unit.delivery.failed()).isFalse();
    }

    private void start(Duration interval, int records) {
        session = new SourceSession(() -> {}, () -> committer.wake());
        committer = new TransactionCommitter(
                "committer-test",
                ProducerTransactions.ofReceived(
                        kafka,
                        KafkaOptions.builder().bootstrapServers("kafka:9092").build(),
                        MqttOptions.builder().serverUri("tcp://broker").build(),
                        "client-7",
                        Failpoints.NONE,
                        new TopicWaits()),
                session,
                TransactionOptions.builder()
                        .commitInterval(interval)
                        .commitRecords(records)
                        .build(),
                Failpoints.NONE,
                told);
        committer.begin(SOON);
        // It looks once when it has opened; what is added meanwhile would count for the next transaction.
        await().atMost(SOON).until(committer::isResting);
        session.connecting();
        session.connected(true);
    }

    private void reconnect() {
        session.disconnected();
        committer.restart(SOON);
        session.connecting();
        session.connected(true);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody opened the gate");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** A message of one route whose record is ready. */
    private TransactionUnit add(String value) {
        TransactionUnit unit = unit(1);
        complete(unit, 0, value);
        return unit;
    }

    private TransactionUnit unit(int routes) {
        packetId++;
        Delivery delivery = session.published(packetId, 2, false, packetId, routes, true, 0);
        TransactionUnit unit = new TransactionUnit(delivery, routes);
        committer.add(unit);
        return unit;
    }

    private void complete(TransactionUnit unit, int route, String value) {
        unit.prepared(route, record("t", value));
        if (unit.complete()) {
            committer.completed();
        }
    }

    private String nextOutcome() throws InterruptedException {
        return outcomes.poll(60, TimeUnit.SECONDS);
    }

    private PreparedRecord record(String topic, String value) {
        return new PreparedRecord(topic, null, null, value.getBytes(StandardCharsets.UTF_8), null, new PendingRecord() {
            @Override
            protected void confirmed() {
                outcomes.add(value + " committed");
            }

            @Override
            protected void unconfirmed(SendFailure failure) {
                outcomes.add(value + " " + failure.kind());
            }
        });
    }

    private static final class Told implements TransactionCommitter.Owner {
        final List<Throwable> unknown = new CopyOnWriteArrayList<>();
        final List<Throwable> fenced = new CopyOnWriteArrayList<>();

        @Override
        public void outcomeUnknown(Throwable cause) {
            unknown.add(cause);
        }

        @Override
        public void fenced(Throwable cause) {
            fenced.add(cause);
        }

        @Override
        public void hopeless(Throwable cause) {
            throw new AssertionError("No test goes on so long", cause);
        }
    }
}
