package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Kind;
import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How a transaction ends, for each way in which Kafka's client says so. */
class ProducerTransactionsTest {
    private final TopicWaits waits = new TopicWaits();

    private static final Duration SOON = Duration.ofSeconds(5);

    private final ScriptedTransactions kafka = new ScriptedTransactions();
    private final ProducerTransactions<Qos2State> sink = sink("60000");

    @Test
    void commit_everythingWell_isCommittedTogetherWithItsEntry() throws InterruptedException {
        sink.open(SOON);

        assertThat(commit(sink, record("t", "a"), record("t", "b")).kind()).isEqualTo(Kind.COMMITTED);
        assertThat(kafka.nextCommitted()).containsExactly("a", "b");
        assertThat(sink.open(SOON).sequence()).isEqualTo(1);
    }

    static Stream<RuntimeException> fencings() {
        return Stream.of(
                new ProducerFencedException("fenced"),
                new InvalidProducerEpochException("old epoch"),
                new KafkaException("in an error state", new ProducerFencedException("fenced")),
                new KafkaException("in an error state", new InvalidProducerEpochException("old epoch")));
    }

    @ParameterizedTest
    @MethodSource("fencings")
    void commit_anotherHasTheIdentity_isFenced(RuntimeException fencing) {
        sink.open(SOON);
        kafka.failCommit(fencing);

        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.FENCED);
    }

    /** Kafka ends a transaction that took too long in the same words, and that is nobody's fault. */
    @ParameterizedTest
    @MethodSource("fencings")
    void commit_tookLongerThanKafkaAllows_isUnknown(RuntimeException fencing) {
        ProducerTransactions<Qos2State> slow = sink("0");
        slow.open(SOON);
        kafka.failCommit(fencing);

        assertThat(commit(slow, record("t", "a")).kind()).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void commit_recordRefused_isAbortedNamingIt() throws InterruptedException {
        kafka.refuse("small", new RecordTooLargeException("too large"));
        sink.open(SOON);
        PreparedRecord culprit = record("small", "b");

        TransactionOutcome outcome = commit(sink, record("t", "a"), culprit, record("t", "c"));
        assertThat(outcome.kind()).isEqualTo(Kind.ABORTED);
        assertThat(outcome.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.record()).isSameAs(culprit);
            assertThat(refused.failure().kind()).isEqualTo(SendFailure.Kind.TOO_LARGE);
        });
        assertThat(kafka.lastHasAborted()).isTrue();

        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.COMMITTED);
        assertThat(kafka.nextCommitted()).containsExactly("a");
    }

    @Test
    void commit_timesOut_isTriedAgain() throws InterruptedException {
        kafka.failCommit(new TimeoutException("slow")).failCommit(new TimeoutException("slow"));
        sink.open(SOON);

        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.COMMITTED);
        assertThat(kafka.nextCommitted()).containsExactly("a");
    }

    @Test
    void commit_timesOutWhileClosing_isUnknown() {
        kafka.beforeCommit(() -> {
            sink.close(Duration.ZERO);
            throw new TimeoutException("slow");
        });
        sink.open(SOON);

        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void commit_failsForNoReasonOfARecord_isUnknown() {
        kafka.failCommit(new KafkaException("something else"));
        sink.open(SOON);

        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void commit_notOpen_isUnknown() {
        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void open_again_beginsWithAnotherProducer() {
        sink.open(SOON);
        sink.open(SOON);

        assertThat(kafka.producers()).isEqualTo(2);
        assertThat(commit(sink, record("t", "a")).kind()).isEqualTo(Kind.COMMITTED);
    }

    /** A bridge that was frozen cannot tell from being fenced whether it was too slow or has a successor. */
    @Test
    void open_again_anotherHasClaimedTheIdentity_doesNotTakeItBack() {
        sink.open(SOON);
        kafka.claim("mqtt-bridge-client-7");

        assertThatThrownBy(() -> sink.open(SOON))
                .isInstanceOf(TakenOverException.class)
                .hasMessageContaining("client-7");
        assertThat(kafka.producers()).isOne();
    }

    @Test
    void open_forTheFirstTime_takesTheIdentityOverWhoeverHadIt() {
        kafka.claim("mqtt-bridge-client-7");

        assertThat(sink.open(SOON).size()).isZero();
    }

    @Test
    void open_initializationTimesOut_isTriedAgain() {
        kafka.failInitialization(new TimeoutException("slow"));

        assertThat(sink.open(SOON).size()).isZero();
        assertThat(kafka.producers()).isOne();
    }

    @Test
    void open_kafkaDoesNotAnswerInTime_failsNamingTheServers() {
        kafka.failInitialization(new TimeoutException("slow"));

        assertThatThrownBy(() -> sink.open(Duration.ZERO))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("kafka.bootstrapServers");
    }

    @Test
    void open_notAuthorized_namesTheRightAndTheOtherWay() {
        kafka.failInitialization(new TransactionalIdAuthorizationException("no"));

        assertThatThrownBy(() -> sink.open(SOON))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("kafka.transactions.idPrefix")
                .hasMessageContaining("client-7")
                .hasMessageContaining("effectivelyOnce()");
    }

    @Test
    void open_stateOfAnotherVersion_namesTheTopic() {
        kafka.damageState();

        assertThatThrownBy(() -> sink.open(SOON))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("kafka.transactions.stateTopic: 'state'");
    }

    private ProducerTransactions<Qos2State> sink(String transactionTimeoutMillis) {
        return ProducerTransactions.ofReceived(
                kafka,
                KafkaOptions.builder()
                        .bootstrapServers("kafka:9092")
                        .producer("transaction.timeout.ms", transactionTimeoutMillis)
                        .build(),
                MqttOptions.builder().serverUri("tcp://broker").build(),
                "client-7",
                Failpoints.NONE,
                waits);
    }

    private static TransactionOutcome commit(ProducerTransactions<Qos2State> sink, PreparedRecord... records) {
        SourceSession session = new SourceSession(() -> {}, () -> {});
        Qos2Journal.Entry entry = Qos2Journal.write(new Qos2State(), session.change(List.of()));
        return sink.commit(List.of(records), entry, false);
    }

    private static PreparedRecord record(String topic, String value) {
        return new PreparedRecord(topic, null, null, value.getBytes(StandardCharsets.UTF_8), null, new PendingRecord() {
            @Override
            protected void confirmed() {}

            @Override
            protected void unconfirmed(SendFailure failure) {}
        });
    }
}
