package io.mqttkafka.bridge.tests.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The checker finds what it is there to find. */
class TallyTest {

    private static final int BYTES = 64;

    private final Ledger ledger = new Ledger("checked", 2);
    private final Tally tally = new Tally(ledger);
    private final Message first = ledger.next(0);
    private final Message second = ledger.next(0);
    private final Message third = ledger.next(0);

    @Test
    void verdict_everyMessageOnceInOrder_isClean() {
        ledger.acknowledged(first);
        ledger.acknowledged(second);

        add(first);
        add(second);

        assertThat(tally.verdict()).isEqualTo(new Verdict(2, 2, 0, 0, 0, 0, 0));
    }

    @Test
    void verdict_acknowledgedMessageMissing_isLost() {
        ledger.acknowledged(first);
        ledger.acknowledged(second);

        add(second);

        assertThat(tally.verdict().lost()).isOne();
        assertThat(tally.isComplete()).isFalse();
    }

    @Test
    void missing_namesWhatIsNotInKafka() {
        ledger.acknowledged(first);
        ledger.acknowledged(third);

        add(first);

        assertThat(tally.missing()).containsExactly(third);
    }

    @Test
    void await_withoutRecordsAndInVain_givesUp() {
        assertThat(tally.await(tally::isComplete, Duration.ofDays(1))).isTrue();

        ledger.acknowledged(first);

        assertThat(tally.await(tally::isComplete, Duration.ofMillis(1))).isFalse();
    }

    @Test
    void await_whileMessagesCome_outlastsItsPatience() {
        Deque<Message> coming = new ArrayDeque<>(List.of(first, second, third));

        assertThat(tally.await(
                        () -> {
                            boolean all = coming.isEmpty();
                            if (!all) {
                                add(coming.poll());
                            }
                            return all;
                        },
                        Duration.ZERO))
                .isTrue();
    }

    @Test
    void await_whileNothingButRepetitionsCome_givesUp() {
        assertThat(tally.await(
                        () -> {
                            add(first);
                            return false;
                        },
                        Duration.ZERO))
                .isFalse();
    }

    @Test
    void verdict_messageNeverAcknowledgedMissing_isNotLost() {
        ledger.acknowledged(first);

        add(first);

        assertThat(tally.verdict().lost()).isZero();
    }

    @Test
    void verdict_secondCopyBehindLaterMessage_isDuplicatedAndNotReordered() {
        add(first);
        add(second);
        add(first);

        assertThat(tally.verdict().duplicated()).isOne();
        assertThat(tally.verdict().reordered()).isZero();
    }

    /** What the broker takes back of one message explains no repetition of another. */
    @Test
    void unexplained_repetitions_areThoseThatWereNotTakenBack() {
        Retractions retractions = new Retractions(ledger);
        takeBack(retractions, second);

        add(first);
        add(second);
        add(second);
        assertThat(tally.unexplained(retractions)).isZero();

        add(second);
        add(first);
        assertThat(tally.unexplained(retractions)).isEqualTo(2);
        assertThat(retractions.count()).isOne();
    }

    @Test
    void verdict_firstCopyBehindLaterMessages_isReordered() {
        add(third);
        add(first);
        add(second);

        assertThat(tally.verdict().reordered()).isEqualTo(2);
    }

    @Test
    void verdict_anyByteChanged_isCorrupt() {
        byte[] payload = ledger.payload(first, BYTES);
        for (int i = 0; i < payload.length; i++) {
            byte[] changed = payload.clone();
            changed[i] ^= 1;
            add("checked-0", 0, "in-checked/0", changed);
        }
        add("checked-0", 0, "in-checked/0", new byte[3]);

        assertThat(tally.verdict().corrupt()).isEqualTo(payload.length + 1);
    }

    @Test
    void verdict_messageNeverSent_isCorrupt() {
        add(new Message(0, 3));

        assertThat(tally.verdict().corrupt()).isOne();
    }

    @Test
    void verdict_wrongTopicKeyOrPartition_isMisrouted() {
        add(first);
        add("checked-1", 0, "in-checked/0", ledger.payload(first, BYTES));
        add("checked-0", 0, "in-checked/1", ledger.payload(first, BYTES));
        add("checked-0", 1, "in-checked/0", ledger.payload(first, BYTES));

        assertThat(tally.verdict().misrouted()).isEqualTo(3);
    }

    private void takeBack(Retractions retractions, Message message) {
        MqttPacket publish = MqttPackets.publish(PublishPacket.to("t")
                .qos(2)
                .packetId(7)
                .payload(ledger.payload(message, BYTES))
                .build());
        retractions.see(1, Direction.SERVER_TO_CLIENT, publish);
        retractions.see(
                1, Direction.SERVER_TO_CLIENT, MqttPackets.ack(MqttPacketType.PUBREL, 7, 0, MqttProperties.NONE));
        retractions.see(2, Direction.SERVER_TO_CLIENT, publish);
    }

    private void add(Message message) {
        add("checked-" + message.topic(), 0, "in-checked/" + message.topic(), ledger.payload(message, BYTES));
    }

    private void add(String topic, int partition, String key, byte[] payload) {
        tally.add(new ConsumerRecord<>(topic, partition, 0, key.getBytes(UTF_8), payload));
    }
}
