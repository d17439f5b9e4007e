package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.session.ExpectedRecords.Recollection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Single steps of the outbox; {@link OutboxSimulationTest} has the schedules. */
class OutboxTest {
    private static final Partition PARTITION = new Partition("g", "t", 0);
    private static final int FIRST = Outbox.FIRST_ID;

    private final List<String> sent = new ArrayList<>();
    private final PublishSession.Packets wire = new PublishSession.Packets() {
        @Override
        public void publish(Publication publication, int packetId, boolean duplicate) {
            sent.add((duplicate ? "DUP " : "PUBLISH ") + (packetId - FIRST));
        }

        @Override
        public void pubrel(int packetId, boolean known) {
            sent.add((known ? "PUBREL " : "PUBREL unknown ") + (packetId - FIRST));
        }
    };

    private final SendPace pace = new SendPace();
    private OutboxState kafka = new OutboxState();
    private Outbox outbox = restarted();

    private static final class Message extends Publication {
        final List<String> outcomes = new ArrayList<>();

        Message() {
            this(10);
        }

        Message(int size) {
            super(2, size);
        }

        @Override
        protected void accepted(int reasonCode) {
            outcomes.add("accepted " + reasonCode);
        }

        @Override
        protected void refused(int reasonCode) {
            outcomes.add("refused " + reasonCode);
        }
    }

    private static final class Nobody implements ExpectedRecords.Recalled {
        @Override
        public void delivered() {}

        @Override
        public void again() {}
    }

    private Outbox restarted() {
        Outbox next = new Outbox(10, 1_000, pace, () -> {}, () -> {});
        next.restore(kafka);
        return next;
    }

    private static RecordId record(long offset) {
        return record(offset, 1);
    }

    private static RecordId record(long offset, long fingerprint) {
        return new RecordId(PARTITION, offset, fingerprint);
    }

    private void commit() {
        OutboxChange change = outbox.change();
        kafka = OutboxJournal.read(List.of(
                OutboxJournal.write(new OutboxState(), everything(change)).bytes()));
        outbox.committed(change);
    }

    /** The state as one entry holds it: the first of a journal is whole. */
    private OutboxChange everything(OutboxChange change) {
        OutboxState after = kafka.after(change);
        List<OutboxChange.Put> puts = new ArrayList<>();
        after.slots()
                .forEach((id, slot) -> puts.add(new OutboxChange.Put(
                        new OutboxEntry(id, slot.record(), slot.phase()), slot.phase(), slot.record())));
        List<RecordId> done = new ArrayList<>();
        after.done()
                .forEach((partition, offsets) ->
                        offsets.forEach((offset, hash) -> done.add(new RecordId(partition, offset, hash))));
        return new OutboxChange(puts, List.of(), done, java.util.Map.of(), 0, 0);
    }

    private List<String> sent() {
        List<String> all = List.copyOf(sent);
        sent.clear();
        return all;
    }

    private Message publish(long offset) {
        Message message = new Message();
        assertThat(outbox.publish(message, record(offset), 0)).isTrue();
        return message;
    }

    @Test
    void publish_withoutConnection_findsNoRoom() {
        assertThat(outbox.publish(new Message(), record(0), 0)).isFalse();
        assertThat(outbox.change().isEmpty()).isTrue();
    }

    @Test
    void publish_andRelease_waitForTheirCommits() {
        outbox.connected(false, 10, wire);
        Message message = publish(0);
        assertThat(sent()).isEmpty();
        commit();
        assertThat(sent()).containsExactly("PUBLISH 0");
        outbox.pubrec(FIRST, 0);
        assertThat(sent()).isEmpty();
        commit();
        assertThat(sent()).containsExactly("PUBREL 0");
        outbox.pubcomp(FIRST);
        assertThat(message.outcomes).containsExactly("accepted 0");
        assertThat(outbox.recall(record(0), new Nobody())).isEqualTo(Recollection.DONE);
    }

    @Test
    void restored_topicCreatedAnew_releasesTheOldIdAndTakesAnotherOne() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();
        sent();
        outbox = restarted();
        outbox.connected(true, 10, wire);

        assertThat(outbox.recall(record(0, 2), new Nobody())).isEqualTo(Recollection.UNKNOWN);
        assertThat(outbox.publish(new Message(), record(0, 2), 0)).isTrue();
        commit();

        assertThat(sent()).containsExactlyInAnyOrder("PUBREL 0", "PUBLISH 1");
    }

    @Test
    void done_topicCreatedAnew_isNotTakenForTheOldRecord() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();
        outbox.pubrec(FIRST, 0);
        commit();
        outbox.pubcomp(FIRST);

        assertThat(outbox.recall(record(0, 2), new Nobody())).isEqualTo(Recollection.UNKNOWN);
    }

    @Test
    void pubrec_idInUse_isReleasedAndToldAsRefused() {
        outbox.connected(false, 10, wire);
        Message message = publish(0);
        commit();
        sent();
        outbox.pubrec(FIRST, 0x91);
        commit();
        assertThat(sent()).containsExactly("PUBREL 0");
        outbox.pubcomp(FIRST);

        assertThat(message.outcomes).containsExactly("refused " + 0x91);
    }

    /** EMQX and FlashMQ answer a repetition so, and have handed the message on. */
    @Test
    void pubrec_idInUseByWhatWasSentBefore_isReceived() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();
        outbox = restarted();
        outbox.connected(true, 10, wire);
        assertThat(outbox.recall(record(0), new Nobody())).isEqualTo(Recollection.ASSIGNED);
        Message message = publish(0);
        assertThat(sent()).containsExactly("PUBLISH 0", "DUP 0");
        outbox.pubrec(FIRST, 0x91);
        commit();
        assertThat(sent()).containsExactly("PUBREL 0");
        outbox.pubcomp(FIRST);

        assertThat(message.outcomes).containsExactly("accepted 0");
        assertThat(outbox.recall(record(0), new Nobody())).isEqualTo(Recollection.DONE);
    }

    @Test
    void restored_released_awaitsTheBroker() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();
        outbox.pubrec(FIRST, 0);
        commit();
        outbox = restarted();
        assertThat(outbox.awaitsBroker()).isFalse();
        outbox.connected(true, 10, wire);

        assertThat(outbox.awaitsBroker()).isTrue();
        outbox.pubcomp(FIRST);
        assertThat(outbox.awaitsBroker()).isFalse();
        assertThat(outbox.finished()).isEqualTo(1);
    }

    @Test
    void publish_restoredRecordIsReleased_isBoundedAllTheSame() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();
        outbox.pubrec(FIRST, 0);
        commit();
        outbox = restarted();
        outbox.connected(true, 10, wire);
        assertThat(outbox.recall(record(0), new Nobody())).isEqualTo(Recollection.ON_ITS_WAY);
        for (int i = 1; i <= 10; i++) {
            publish(i);
        }

        assertThat(outbox.publish(new Message(), record(11), 0)).isFalse();
    }

    @Test
    void revoked_notSent_isNeverSent() {
        outbox.connected(false, 10, wire);
        publish(0);
        outbox.revoked(PARTITION);
        commit();

        assertThat(sent()).isEmpty();
        assertThat(outbox.unfinished()).isZero();
    }

    @Test
    void puback_orEarlyPubcomp_isAViolation() {
        outbox.connected(false, 10, wire);
        publish(0);
        commit();

        assertThatThrownBy(() -> outbox.puback(FIRST)).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> outbox.pubcomp(FIRST)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void pubrec_ofUnknownId_isReleasedAsUnknown() {
        outbox.connected(false, 10, wire);
        outbox.pubrec(FIRST + 7, 0);

        assertThat(sent()).containsExactly("PUBREL unknown 7");
    }

    private boolean publishLarge(long offset) {
        return outbox.publish(new Message(100), record(offset), 0);
    }

    /** Leaves a record behind whose message is on its way, and restarts. */
    private void restartedWith(long offset, int receiveMaximum) {
        outbox.connected(false, 10, wire);
        publish(offset);
        commit();
        sent();
        outbox = restarted();
        outbox.connected(true, receiveMaximum, wire);
    }

    /** As when offsets were set back: any number of records may lie before the one that was on its way. */
    @Test
    void restored_recordsBeforeIt_mayFillTheWindowTwice() {
        restartedWith(500, 10);
        for (int i = 0; i < 20; i++) {
            assertThat(publishLarge(i)).isTrue();
        }

        assertThat(publishLarge(20)).isFalse();
        assertThat(outbox.unresolved()).containsExactly(PARTITION);
        // itself it must not wait
        assertThat(publishLarge(500)).isTrue();
        assertThat(outbox.givenUp()).isZero();
    }

    @Test
    void restored_recordsBehindIt_haveNoMoreRoomThanEver() {
        restartedWith(500, 10);
        publish(500);
        for (int i = 501; i < 510; i++) {
            publish(i);
        }

        assertThat(outbox.publish(new Message(), record(510), 0)).isFalse();
    }

    @Test
    void restored_holdsEveryPlace_behindMoreThanMayWait_isGivenUp() {
        restartedWith(500, 1);
        for (int i = 0; i < 20; i++) {
            assertThat(publishLarge(i)).isTrue();
        }
        commit();
        assertThat(sent()).isEmpty();

        assertThat(publishLarge(20)).isFalse();
        assertThat(outbox.givenUp()).isEqualTo(1);
        assertThat(outbox.unresolved()).isEmpty();
        commit();
        assertThat(sent()).containsExactly("PUBREL 0");
        outbox.pubcomp(FIRST);
        assertThat(sent()).containsExactly("PUBLISH 1");
    }

    /** The places of the one are about to become free; the other is intact. */
    @Test
    void restored_ofTwoPartitions_oneGivenUp_theOtherIsKept() {
        Partition second = new Partition("g", "t", 1);
        outbox.connected(false, 10, wire);
        publish(500);
        assertThat(outbox.publish(new Message(), new RecordId(second, 7, 1), 0)).isTrue();
        commit();
        sent();
        outbox = restarted();
        outbox.connected(true, 2, wire);
        for (int i = 0; i < 20; i++) {
            assertThat(publishLarge(i)).isTrue();
        }
        assertThat(publishLarge(20)).isFalse();
        assertThat(outbox.givenUp()).isEqualTo(1);

        assertThat(outbox.publish(new Message(), new RecordId(second, 6, 1), 0)).isFalse();

        assertThat(outbox.givenUp()).isEqualTo(1);
        assertThat(outbox.unresolved()).containsExactly(second);
    }

    @Test
    void ended_beforeWhatWasRestored_freesIt_andNothingBefore() {
        outbox.connected(false, 10, wire);
        publish(3);
        publish(500);
        commit();
        sent();
        outbox = restarted();
        outbox.connected(true, 10, wire);

        assertThat(outbox.ended(PARTITION, 501)).isFalse();
        assertThat(outbox.ended(PARTITION, 500)).isTrue();
        assertThat(outbox.ended(PARTITION, 500)).isFalse();

        commit();
        assertThat(sent()).containsExactly("PUBREL 1");
        assertThat(outbox.unresolved()).containsExactly(PARTITION);
    }

    /** It has come, whatever is said of the log. */
    @Test
    void ended_afterTheRecordHasCome_freesNothing() {
        restartedWith(500, 10);
        assertThat(outbox.recall(record(500), new Nobody())).isEqualTo(Recollection.ASSIGNED);

        assertThat(outbox.ended(PARTITION, 0)).isFalse();
        publish(500);
        assertThat(sent()).containsExactly("DUP 0");
    }

    @Test
    void restored_holdsPlaces_untilItsRecordsArePassed() {
        outbox.connected(false, 10, wire);
        publish(0);
        publish(1);
        commit();
        sent();
        outbox = restarted();
        outbox.connected(true, 2, wire);
        Message other = new Message();
        assertThat(outbox.publish(other, new RecordId(new Partition("g", "t", 1), 0, 1), 0))
                .isTrue();
        commit();
        assertThat(sent()).isEmpty();
        assertThat(outbox.unresolved()).containsExactly(PARTITION);

        outbox.passed(PARTITION, 2);
        commit();
        assertThat(sent()).containsExactly("PUBREL 0", "PUBREL 1");
        outbox.pubcomp(FIRST);
        assertThat(sent()).containsExactly("PUBLISH 2");
        assertThat(outbox.unresolved()).isEmpty();
    }

    /** What is assigned may have been sent, and the broker may hold it. */
    @Test
    void publish_moreThanTheBrokerTakes_isAssignedAsPlacesAreLeft() {
        outbox.connected(false, 2, wire);
        for (int i = 0; i < 5; i++) {
            publish(i);
        }
        commit();
        assertThat(sent()).containsExactly("PUBLISH 0", "PUBLISH 1");
        assertThat(kafka.size()).isEqualTo(2);

        // The same transaction says that one was received and assigns the next.
        outbox.pubrec(FIRST, 0);
        commit();
        assertThat(kafka.slots()).containsOnlyKeys(FIRST, FIRST + 1, FIRST + 2);
        assertThat(sent()).containsExactly("PUBREL 0");
        outbox.pubcomp(FIRST);
        assertThat(sent()).containsExactly("PUBLISH 2");
    }

    @Test
    void restored_allThatIsAssigned_hasAPlace_whateverComesFirst() {
        Partition second = new Partition("g", "t", 1);
        outbox.connected(false, 2, wire);
        publish(0);
        outbox.publish(new Message(), new RecordId(second, 0, 1), 0);
        publish(1);
        commit();
        assertThat(sent()).containsExactly("PUBLISH 0", "PUBLISH 1");

        outbox = restarted();
        outbox.connected(true, 2, wire);
        assertThat(outbox.recall(new RecordId(second, 0, 1), new Nobody())).isEqualTo(Recollection.ASSIGNED);
        outbox.publish(new Message(), new RecordId(second, 0, 1), 0);
        outbox.publish(new Message(), new RecordId(second, 1, 1), 0);
        commit();
        assertThat(sent()).containsExactly("DUP 1");
        publish(0);
        assertThat(sent()).containsExactly("DUP 0");
    }

    @Test
    void pubrec_quotaExceeded_waitsForThePause_andLeavesFirst() {
        outbox.connected(false, 10, wire);
        Message message = publish(0);
        publish(1);
        commit();
        sent();
        outbox.pubrec(FIRST + 1, 0x97);
        outbox.pubrec(FIRST, 0x97);
        publish(2);
        commit();
        outbox.resume();
        assertThat(sent()).isEmpty();

        pace.resume();
        outbox.resume();
        assertThat(sent()).containsExactly("PUBLISH 0");
        assertThat(message.outcomes).isEmpty();
        outbox.pubrec(FIRST, 0);
        commit();
        outbox.pubcomp(FIRST);
        assertThat(message.outcomes).containsExactly("accepted 0");
        assertThat(sent()).startsWith("PUBREL 0", "PUBLISH 1");
    }

    /** Otherwise it would be released in a session that has never seen it, and count as done. */
    @Test
    void sessionLost_idsOfAnEarlierProcess_areRemovedBeforeAnythingLeaves() {
        outbox.connected(false, 10, wire);
        publish(0);
        publish(1);
        commit();
        outbox.pubrec(FIRST, 0);
        commit();
        sent();
        outbox = restarted();
        outbox.connected(false, 10, wire);
        assertThat(outbox.unresolved()).isEmpty();
        assertThat(outbox.recall(record(0), new Nobody())).isEqualTo(Recollection.UNKNOWN);
        publish(0);
        assertThat(sent()).isEmpty();
        commit();

        assertThat(sent()).hasSize(1).allMatch(packet -> packet.startsWith("PUBLISH"));
        assertThat(kafka.size()).isEqualTo(1);
    }
}
