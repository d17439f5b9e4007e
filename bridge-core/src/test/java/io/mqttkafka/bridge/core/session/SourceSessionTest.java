package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a message counts as one that came before. The simulation shows that the answers are right together. */
class SourceSessionTest {
    private static final long CONTENT = 42;

    private final SourceSession session = new SourceSession(() -> {}, () -> {});
    private final Acknowledged acknowledged = new Acknowledged();

    @BeforeEach
    void connect() {
        session.connecting();
        session.connected(true);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againOnKeptSession_isAcknowledgedByFirstCopy(int qos) {
        Delivery first = session.published(7, qos, false, CONTENT, 1, false, 0);
        reconnect(true);

        assertThat(session.published(7, qos, true, CONTENT, 1, false, 0)).isNull();
        assertThat(acknowledged.now(session)).isEmpty();
        assertThat(first.settle(0)).isTrue();
        assertThat(acknowledged.now(session)).containsExactly((qos == 1 ? "PUBACK " : "PUBREC ") + 7);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againWithoutDup_isNew(int qos) {
        session.published(7, qos, false, CONTENT, 1, false, 0);
        reconnect(true);

        assertThat(session.published(7, qos, false, CONTENT, 1, false, 0)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againWithOtherContent_isNew(int qos) {
        session.published(7, qos, false, CONTENT, 1, false, 0);
        reconnect(true);

        assertThat(session.published(7, qos, true, CONTENT + 1, 1, false, 0)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againOnSameConnection_isNew(int qos) {
        session.published(7, qos, false, CONTENT, 1, false, 0);

        assertThat(session.published(7, qos, true, CONTENT, 1, false, 0)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againOnNewSession_isNew(int qos) {
        session.published(7, qos, false, CONTENT, 1, false, 0);
        reconnect(false);

        assertThat(session.published(7, qos, true, CONTENT, 1, false, 0)).isNotNull();
    }

    @Test
    void publishedQos1_againAfterUnansweredConnect_isNew() {
        session.published(7, 1, false, CONTENT, 1, false, 0);
        reconnectInDoubt();

        assertThat(session.published(7, 1, true, CONTENT, 1, false, 0)).isNotNull();
    }

    /** A session begun by the unanswered request has had nothing to send, so it is the one known. */
    @Test
    void publishedQos2_againAfterUnansweredConnect_isSuppressed() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnectInDoubt();

        assertThat(session.published(7, 2, true, CONTENT, 1, false, 0)).isNull();
    }

    /** One message that comes again proves that the session is the one known, also for those that have not come yet. */
    @Test
    void publishedQos2_connectionInDoubtCutWhileDeliveringAgain_isSuppressed() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        session.published(8, 2, false, CONTENT, 1, false, 0);
        reconnectInDoubt();
        session.published(7, 2, true, CONTENT, 1, false, 0);
        reconnect(true);

        assertThat(session.published(8, 2, true, CONTENT, 1, false, 0)).isNull();
    }

    @Test
    void publishedQos2_idNotReleasedOnTheSameConnection_isCountedAsUsedTwice() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        session.published(8, 2, false, CONTENT, 1, false, 0);
        assertThat(session.idsUsedTwice()).isZero();

        session.published(7, 2, false, CONTENT, 1, false, 0);
        assertThat(session.idsUsedTwice()).isEqualTo(1);

        reconnect(true);
        session.published(7, 2, true, CONTENT, 1, false, 0);
        assertThat(session.idsUsedTwice()).isEqualTo(1);
    }

    @Test
    void publishedQos2_deliveredAgainWithoutDup_isProducedAndCounted() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnect(true);

        assertThat(session.published(7, 2, false, CONTENT, 1, false, 0)).isNotNull();
        assertThat(session.idsUsedTwice()).isEqualTo(1);
    }

    /** The broker may have begun a session of which nobody was told; its ids are its own. */
    @Test
    void publishedQos2_withoutDup_inDoubtAboutTheSession_isNotCounted() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnectInDoubt();

        assertThat(session.published(7, 2, false, CONTENT, 1, false, 0)).isNotNull();
        assertThat(session.idsUsedTwice()).isZero();
    }

    /** MQTT forbids it; Artemis does so. */
    @Test
    void publishedQos2_againUnderANewIdWithoutDup_isCounted() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        session.published(8, 2, false, CONTENT + 1, 1, false, 0);
        reconnect(true);

        assertThat(session.published(9, 2, false, CONTENT, 1, false, 0)).isNotNull();
        session.published(8, 2, true, CONTENT + 1, 1, false, 0);
        assertThat(session.renumbered()).isEqualTo(1);
    }

    /** What came again as it has to, or on a session that is new, is not counted when it is published once more. */
    @Test
    void publishedQos2_theSameContentAgainLater_isNotCounted() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnect(true);
        session.published(7, 2, true, CONTENT, 1, false, 0);
        session.published(8, 2, false, CONTENT, 1, false, 0);
        assertThat(session.renumbered()).isZero();

        reconnect(false);
        session.published(1, 2, false, CONTENT, 1, false, 0);
        assertThat(session.renumbered()).isZero();
    }

    @Test
    void publishedQos2_failedBefore_deliveredAgain_isNotCounted() {
        session.failed(session.published(7, 2, false, CONTENT, 1, false, 0));
        reconnect(true);

        assertThat(session.published(7, 2, true, CONTENT, 1, false, 0)).isNotNull();
        assertThat(session.idsUsedTwice()).isZero();
    }

    /** By now the session begun by the unanswered request can have sent something that got lost. */
    @Test
    void publishedQos2_againAfterSubscribingInDoubt_isNew() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnectInDoubt();
        session.subscribing();
        reconnect(true);

        assertThat(session.published(7, 2, true, CONTENT, 1, false, 0)).isNotNull();
    }

    /** Without a subscription the session begun by the unanswered request has still had nothing to send. */
    @Test
    void publishedQos2_connectionInDoubtCutBeforeSubscribing_isSuppressed() {
        session.published(7, 2, false, CONTENT, 1, false, 0);
        reconnectInDoubt();
        reconnect(true);

        assertThat(session.inDoubt()).isTrue();
        assertThat(session.published(7, 2, true, CONTENT, 1, false, 0)).isNull();
        assertThat(session.inDoubt()).isFalse();
    }

    /** What is subscribed could use the id, and be cut off by a crash: Kafka has to forget it first. */
    @Test
    void subscribing_inDoubt_waitsUntilKafkaHasForgottenTheIds() {
        commit(session.published(7, 2, false, CONTENT, 1, true, 0));
        reconnectInDoubt();
        assertThat(session.forgettingDue()).isFalse();

        session.subscribing();
        assertThat(session.forgettingDue()).isTrue();
        session.released(7);
        assertThat(acknowledged.now(session)).isEmpty();

        assertThat(session.change(List.of()).removed()).containsExactly(7);
        commit();
        assertThat(session.forgettingDue()).isFalse();
        assertThat(acknowledged.now(session)).containsExactly("PUBCOMP 7 known");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void published_againAfterFailure_isDeliveredToOpenRoutesOnly(int qos) {
        Delivery first = session.published(7, qos, false, CONTENT, 2, false, 0);
        first.settle(0);
        assertThat(session.failed(first)).isTrue();
        reconnect(true);

        Delivery again = session.published(7, qos, true, CONTENT, 2, false, 0);
        assertThat(again).isNotNull();
        assertThat(again.isOpen(0)).isFalse();
        assertThat(again.isOpen(1)).isTrue();
    }

    @Test
    void acknowledge_confirmedOutOfOrder_leavesInOrder() {
        Delivery first = session.published(1, 1, false, 1, 1, false, 0);
        Delivery second = session.published(2, 1, false, 2, 1, false, 0);
        second.settle(0);
        assertThat(acknowledged.now(session)).isEmpty();
        first.settle(0);
        assertThat(acknowledged.now(session)).containsExactly("PUBACK 1", "PUBACK 2");
    }

    @Test
    void released_unknownId_isCompletedAsUnknown() {
        session.released(9);

        assertThat(acknowledged.now(session)).containsExactly("PUBCOMP 9 unknown");
    }

    @Test
    void released_knownId_isCompletedAndForgotten() {
        session.published(9, 2, false, CONTENT, 1, false, 0).settle(0);
        session.released(9);
        assertThat(acknowledged.now(session)).containsExactlyInAnyOrder("PUBREC 9", "PUBCOMP 9 known");
        reconnect(true);

        assertThat(session.published(9, 2, true, CONTENT, 1, false, 0)).isNotNull();
    }

    /** Only a broker that uses an id for two messages at a time does so, but it must not wait for ever. */
    @Test
    void releasedDurable_twiceBeforeRemovalIsCommitted_isCompletedTwice() {
        commit(session.published(9, 2, false, CONTENT, 1, true, 0));
        session.released(9);
        session.released(9);
        acknowledged.now(session);

        commit();
        assertThat(acknowledged.now(session)).containsExactly("PUBCOMP 9 known", "PUBCOMP 9 known");
    }

    /** Kafka has not been told yet that the id means nothing any more; reading it back must not give it its meaning again. */
    @Test
    void restore_idForgottenAfterUnansweredConnect_staysForgotten() {
        Delivery first = session.published(7, 2, false, CONTENT, 1, true, 0);
        Qos2State state = new Qos2State();
        state.apply(session.change(List.of(first)));
        commit(first);
        reconnectInDoubt();
        session.subscribing();
        session.disconnected();
        session.restore(state);
        session.connecting();
        session.connected(true);

        assertThat(session.published(7, 2, true, CONTENT, 1, true, 0)).isNotNull();
        assertThat(session.change(List.of()).removed()).containsExactly(7);
    }

    /** After a lost answer to CONNECT a message without a route can have an id that Kafka knows of an earlier session. */
    @Test
    void released_takenByMessageWithoutTransaction_isCompletedWhenKafkaHasForgottenTheId() {
        commit(session.published(9, 2, false, CONTENT, 1, true, 0));
        session.published(9, 2, false, CONTENT + 1, 0, false, 0);
        session.released(9);
        assertThat(acknowledged.now(session)).containsExactly("PUBREC 9", "PUBREC 9");

        assertThat(session.change(List.of()).removed()).containsExactly(9);
        commit();
        assertThat(acknowledged.now(session)).containsExactly("PUBCOMP 9 known");
    }

    /** What was released before the state was read back is released again on the next connection, and must be answered there. */
    @Test
    void restore_releasedMessageWithoutTransaction_isCompletedWhenReleasedAgain() {
        commit(session.published(9, 2, false, CONTENT, 1, true, 0));
        session.published(9, 2, false, CONTENT + 1, 0, false, 0);
        session.released(9);
        session.disconnected();
        session.restore(new Qos2State());
        session.connecting();
        session.connected(true);
        session.released(9);

        commit();
        assertThat(acknowledged.now(session)).containsExactly("PUBCOMP 9 known");
    }

    /** After a lost answer to CONNECT an id can come to stand for another message, and that one can be given up. */
    @Test
    void restore_idTakenByMessageThatWasGivenUp_doesNotStandForTheOneBefore() {
        Delivery before = session.published(7, 2, false, CONTENT, 1, true, 0);
        Qos2State state = new Qos2State();
        state.apply(session.change(List.of(before)));
        commit(before);
        reconnectInDoubt();
        session.failed(session.published(7, 2, false, CONTENT, 1, true, 0));
        session.disconnected();
        session.restore(state);
        session.connecting();
        session.connected(true);

        assertThat(session.published(7, 2, true, CONTENT, 1, true, 0)).isNotNull();
    }

    private void commit(Delivery... deliveries) {
        session.committed(session.change(List.of(deliveries)), List.of(deliveries));
    }

    private void reconnectInDoubt() {
        session.disconnected();
        session.connecting();
        session.connecting();
        session.connected(true);
    }

    private void reconnect(boolean sessionPresent) {
        session.disconnected();
        session.connecting();
        session.connected(sessionPresent);
    }

    private static final class Acknowledged implements SourceSession.Acknowledgements {
        private final List<String> all = new ArrayList<>();

        List<String> now(SourceSession session) {
            all.clear();
            session.acknowledge(this, 100);
            return all;
        }

        @Override
        public void puback(int packetId, Delivery delivery) {
            all.add("PUBACK " + packetId);
        }

        @Override
        public void pubrec(int packetId, Delivery delivery) {
            all.add("PUBREC " + packetId);
        }

        @Override
        public void pubcomp(int packetId, boolean known) {
            all.add("PUBCOMP " + packetId + (known ? " known" : " unknown"));
        }
    }
}
