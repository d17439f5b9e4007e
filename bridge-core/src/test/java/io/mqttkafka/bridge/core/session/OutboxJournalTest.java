package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is written is read back, whatever compaction has left. */
class OutboxJournalTest {
    private static final Partition PARTITION = new Partition("gruppe-ü", "topic", 3);

    private final Map<Integer, byte[]> topic = new HashMap<>();
    private OutboxState state = new OutboxState();

    private static RecordId record(long offset) {
        return new RecordId(PARTITION, offset, -offset);
    }

    private static Put put(int id, Phase phase, RecordId record) {
        return new Put(new OutboxEntry(id, record, phase), phase, record);
    }

    private void write(OutboxChange change) {
        Qos2Journal.Entry entry = OutboxJournal.write(state, change);
        topic.put(entry.slot(), entry.bytes());
        state.apply(change);
    }

    private static OutboxChange change(
            List<Put> puts, List<Integer> removed, List<RecordId> done, Map<Partition, Long> at) {
        return new OutboxChange(puts, removed, done, at, 0, 0);
    }

    private OutboxState read() {
        return OutboxJournal.read(List.copyOf(topic.values()));
    }

    @Test
    void read_anyNumberOfEntries_isTheStateWritten() {
        for (int i = 0; i < 5 * Qos2Journal.SLOTS; i++) {
            int id = 65_535 - i % 100;
            write(change(
                    List.of(
                            put(id, Phase.ASSIGNED, record(i)),
                            put(
                                    32_768,
                                    i % 2 == 0 ? Phase.VOID : Phase.ASSIGNED,
                                    i % 2 == 0 ? null : record(i + 1_000))),
                    i > 10 ? List.of(65_535 - (i - 10) % 100) : List.of(),
                    i % 3 == 0 ? List.of(record(i)) : List.of(),
                    i % 7 == 0 ? Map.of(PARTITION, i - 5L) : Map.of()));
            write(change(List.of(put(id, Phase.RELEASED, null)), List.of(), List.of(), Map.of()));

            OutboxState read = read();
            assertThat(read.slots()).isEqualTo(state.slots());
            assertThat(read.done()).isEqualTo(state.done());
            assertThat(read.sequence()).isEqualTo(state.sequence());
        }
        assertThat(topic).hasSize(Qos2Journal.SLOTS);
    }

    @Test
    void read_nothing_isTheStateOfAClientNeverSeen() {
        assertThat(Outbox.needsNewSession(OutboxJournal.read(List.of()))).isTrue();
        write(change(List.of(), List.of(), List.of(), Map.of()));
        assertThat(Outbox.needsNewSession(read())).isFalse();
    }

    @Test
    void read_gapOrOtherForm_isRefused() {
        for (int i = 0; i < 4; i++) {
            write(change(List.of(put(40_000 + i, Phase.ASSIGNED, record(i))), List.of(), List.of(), Map.of()));
        }
        List<byte[]> entries = new ArrayList<>(topic.values());
        byte[] third = topic.get(3);
        byte[] last = topic.get(4);

        assertThatThrownBy(() -> OutboxJournal.read(
                        entries.stream().filter(entry -> entry != third).toList()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gap");
        assertThatThrownBy(() -> OutboxJournal.read(entries.stream()
                        .map(entry -> entry == last ? Arrays.copyOf(entry, entry.length - 3) : entry)
                        .toList()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cut short");
        assertThatThrownBy(() -> OutboxJournal.read(List.of(new byte[40])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot read");
    }
}
