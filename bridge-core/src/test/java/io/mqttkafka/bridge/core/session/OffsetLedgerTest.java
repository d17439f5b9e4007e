package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mqttkafka.bridge.core.session.OffsetLedger.Entry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OffsetLedgerTest {
    private final OffsetLedger ledger = new OffsetLedger();

    @Test
    void takeCommittable_nothingSettled_isNothing() {
        ledger.read(5);
        assertThat(ledger.takeCommittable()).isEqualTo(-1);
    }

    @Test
    void takeCommittable_laterOneSettled_isNothing() {
        ledger.read(5);
        ledger.read(6).settle();
        assertThat(ledger.takeCommittable()).isEqualTo(-1);
    }

    @Test
    void takeCommittable_prefixSettled_isTheFirstThatIsNot_andTakenOnce() {
        ledger.read(5).settle();
        ledger.read(8);
        assertThat(ledger.takeCommittable()).isEqualTo(8);
        assertThat(ledger.takeCommittable()).isEqualTo(-1);
        assertThat(ledger.settled()).isEqualTo(1);
    }

    @Test
    void takeCommittable_allSettled_isBehindWhatWasLookedAt() {
        ledger.read(5).settle();
        ledger.readUpTo(9);
        assertThat(ledger.takeCommittable()).isEqualTo(9);
    }

    @Test
    void commitFailed_isTakenAgain() {
        ledger.read(5).settle();
        assertThat(ledger.takeCommittable()).isEqualTo(6);
        ledger.commitFailed();
        assertThat(ledger.takeCommittable()).isEqualTo(6);
    }

    @Test
    void abandon_entriesKnow() {
        Entry entry = ledger.read(5);
        entry.sent();
        assertThat(ledger.anyInFlight()).isTrue();
        ledger.abandon();
        assertThat(entry.abandoned()).isTrue();
        assertThat(ledger.anyInFlight()).isFalse();
    }

    @Test
    void read_offsetGoesBack_isRefused() {
        ledger.read(5);
        assertThatIllegalArgumentException().isThrownBy(() -> ledger.read(5));
    }

    @Test
    void takeCommittable_settledInAnyOrder_isAlwaysTheContiguousPrefix() {
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            OffsetLedger one = new OffsetLedger();
            List<Entry> entries = new ArrayList<>();
            List<Long> offsets = new ArrayList<>();
            List<Boolean> settled = new ArrayList<>();
            long offset = random.nextInt(10);
            for (int i = 0; i < 30; i++) {
                entries.add(one.read(offset));
                offsets.add(offset);
                settled.add(false);
                offset += 1 + random.nextInt(2);
            }
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                order.add(i);
            }
            Collections.shuffle(order, random);
            long last = -1;
            for (int index : order) {
                entries.get(index).settle();
                settled.set(index, true);
                long taken = one.takeCommittable();
                last = taken < 0 ? last : taken;
                int open = settled.indexOf(false);
                long expected = open < 0 ? offsets.get(29) + 1 : offsets.get(open);
                assertThat(last).as("seed %d", seed).isEqualTo(open == 0 ? -1 : expected);
            }
        }
    }
}
