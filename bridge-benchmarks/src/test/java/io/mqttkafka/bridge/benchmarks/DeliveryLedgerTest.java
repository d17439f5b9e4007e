package io.mqttkafka.bridge.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeliveryLedgerTest {
    private final DeliveryLedger ledger = new DeliveryLedger(new Workload(1, 20, 6, 2));
    private final NumberedPayload.Writer payloads = new NumberedPayload.Writer(20);

    @Test
    void record_everyMessageOnceAndInOrder_isFaultless() {
        for (int sequence = 0; sequence < 3; sequence++) {
            record(0, 0, sequence);
            record(1, 1, sequence);
        }

        assertFaults(0, 0, 0, 0);
        assertThat(ledger.delivered()).isEqualTo(6);
    }

    @Test
    void record_messageMissing_isLost() {
        record(0, 0, 0);
        record(0, 0, 2);
        record(1, 1, 0);
        record(1, 1, 1);
        record(1, 1, 2);

        assertFaults(1, 0, 0, 0);
    }

    @Test
    void record_secondCopy_isDuplicatedAndNotReordered() {
        record(0, 0, 0);
        record(0, 0, 1);
        record(0, 0, 0);

        assertFaults(4, 1, 0, 0);
    }

    @Test
    void record_firstCopyBehindLaterMessage_isReordered() {
        record(0, 0, 1);
        record(0, 0, 0);
        record(0, 0, 2);

        assertFaults(3, 0, 1, 0);
    }

    @Test
    void record_topicOnTwoPartitions_isReordered() {
        record(0, 0, 0);
        record(5, 0, 1);

        assertFaults(4, 0, 1, 0);
    }

    @Test
    void record_wrongByte_isCorrupt() {
        byte[] payload = payloads.write(0, 0).clone();
        payload[10]++;

        ledger.record(0, key(0), payload, 1);

        assertFaults(6, 0, 0, 1);
    }

    @Test
    void record_wrongKeyOrSize_isCorrupt() {
        ledger.record(0, key(1), payloads.write(0, 0), 1);
        ledger.record(0, null, payloads.write(0, 0), 1);
        ledger.record(0, key(0), new NumberedPayload.Writer(21).write(0, 0), 1);
        ledger.record(0, key(0), null, 1);

        assertFaults(6, 0, 0, 4);
    }

    @Test
    void appendMillis_recordsOfSeveralPartitions_spansFirstToLast() {
        ledger.record(0, key(0), payloads.write(0, 0), 1_500);
        ledger.record(1, key(1), payloads.write(1, 0), 1_200);
        ledger.record(0, key(0), payloads.write(0, 1), 1_700);

        assertThat(ledger.appendMillis()).isEqualTo(500);
    }

    private void record(int partition, int topic, int sequence) {
        ledger.record(partition, key(topic), payloads.write(topic, sequence), 1);
    }

    private static byte[] key(int topic) {
        return Workload.mqttTopic(topic).getBytes(UTF_8);
    }

    private void assertFaults(long lost, long duplicated, long reordered, long corrupt) {
        assertThat(ledger)
                .returns(lost, DeliveryLedger::lost)
                .returns(duplicated, DeliveryLedger::duplicated)
                .returns(reordered, DeliveryLedger::reordered)
                .returns(corrupt, DeliveryLedger::corrupt);
    }
}
