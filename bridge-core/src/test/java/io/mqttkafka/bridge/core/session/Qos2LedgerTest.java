package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class Qos2LedgerTest {
    private final Qos2Ledger ledger = new Qos2Ledger();
    private final SourceSession.Connection connection = new SourceSession.Connection(8);
    private final List<Integer> completed = new ArrayList<>();

    @Test
    void change_releasedId_isRemovedAndCompletedByCommitOnly() {
        Delivery delivery = put(5);
        ledger.release(delivery, connection);

        Qos2Change change = ledger.change(false, List.of());
        assertThat(change.removed()).containsExactly(5);
        assertThat(ledger.get(5)).isSameAs(delivery);

        commit(change, connection);
        assertThat(completed).containsExactly(5);
        assertThat(ledger.get(5)).isNull();
        assertThat(ledger.owesRemovals()).isFalse();
    }

    @Test
    void change_askedAgainAfterAbort_isTheSame() {
        ledger.release(put(5), connection);
        ledger.change(false, List.of());

        assertThat(ledger.change(false, List.of()).removed()).containsExactly(5);
        assertThat(ledger.owesRemovals()).isTrue();
    }

    /** A PUBREL that comes again on the next connection has its PUBCOMP there, and only there. */
    @Test
    void committed_releasedAgainOnNextConnection_isCompletedThereOnce() {
        Delivery delivery = put(5);
        ledger.release(delivery, connection);
        SourceSession.Connection next = new SourceSession.Connection(8);
        Qos2Change change = ledger.change(false, List.of());
        ledger.release(delivery, next);

        commit(change, next);
        assertThat(completed).containsExactly(5);
        assertThat(ledger.owesRemovals()).isFalse();
    }

    @Test
    void committed_connectionHasGone_isRemovedWithoutPubcomp() {
        ledger.release(put(5), connection);

        commit(ledger.change(false, List.of()), null);
        assertThat(completed).isEmpty();
        assertThat(ledger.get(5)).isNull();
    }

    /** What was released while a transaction was on its way belongs to the next one. */
    @Test
    void committed_releasedMeanwhile_waitsForNextChange() {
        ledger.release(put(5), connection);
        Qos2Change first = ledger.change(false, List.of());
        ledger.release(put(6), connection);

        commit(first, connection);
        assertThat(completed).containsExactly(5);
        assertThat(ledger.change(false, List.of()).removed()).containsExactly(6);
    }

    @Test
    void committed_sessionLostMeanwhile_completesNothing() {
        ledger.release(put(5), connection);
        Qos2Change change = ledger.change(false, List.of());
        ledger.clear();
        Delivery another = put(5);

        commit(change, connection);
        assertThat(completed).isEmpty();
        assertThat(ledger.get(5)).isSameAs(another);
    }

    @Test
    void change_deliveryOfLostSession_isNotAdded() {
        Delivery lost = put(5);
        ledger.clear();
        Delivery present = put(6);

        assertThat(ledger.change(true, List.of(lost, present)).added()).containsExactly(present);
    }

    @Test
    void change_idTakenByYoungerMessage_isAddedForThatOneOnly() {
        Delivery older = put(5);
        Delivery younger = put(5);

        assertThat(ledger.change(false, List.of(older)).added()).isEmpty();
        assertThat(ledger.change(false, List.of(younger)).added()).containsExactly(younger);
    }

    /** What Kafka knows of the older message must not stand for the younger one. */
    @Test
    void change_idTakenByYoungerMessage_isRemovedFirst() {
        put(5);
        Delivery younger = put(5);

        Qos2Change change = ledger.change(false, List.of(younger));
        assertThat(change.removed()).containsExactly(5);
        assertThat(change.added()).containsExactly(younger);
    }

    @Test
    void forgetBefore_notSeenAgain_isRemovedDurablyAndWithoutPubcomp() {
        Delivery stale = put(5);
        stale.epoch = 1;
        Delivery seen = put(6);
        seen.epoch = 2;
        Delivery released = put(7);
        released.epoch = 1;
        ledger.release(released, connection);

        ledger.forgetBefore(2);
        assertThat(ledger.get(5)).isNull();
        assertThat(ledger.get(6)).isSameAs(seen);
        assertThat(ledger.get(7)).isSameAs(released);
        Qos2Change change = ledger.change(false, List.of());
        assertThat(change.removed()).containsExactly(7, 5);
        commit(change, connection);
        assertThat(completed).containsExactly(7);
        assertThat(ledger.owesRemovals()).isFalse();
    }

    @Test
    void restore_durableIds_areThoseOfKafkaAndOthersStay() {
        put(5);
        ledger.release(put(6), connection);
        Delivery inMemory = new Delivery(7, 2, false, 7, 0, 0);
        ledger.put(inMemory);
        Qos2State state = new Qos2State();
        state.put(6, 60);
        state.put(7, 70);

        ledger.restore(state);
        assertThat(ledger.get(5)).isNull();
        assertThat(ledger.get(6).settled()).isTrue();
        assertThat(ledger.get(6).durable()).isTrue();
        assertThat(ledger.get(6).fingerprint).isEqualTo(60);
        assertThat(ledger.get(7)).isSameAs(inMemory);
        assertThat(ledger.owesRemovals()).isFalse();
    }

    private Delivery put(int id) {
        Delivery delivery = new Delivery(id, 2, true, id, 0, 0);
        ledger.put(delivery);
        return delivery;
    }

    private void commit(Qos2Change change, SourceSession.Connection current) {
        ledger.committed(change, current, completed::add);
    }
}
