package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mqttkafka.bridge.core.session.Qos2Journal.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written can be read back from whatever compaction leaves, and what is damaged is refused. */
class Qos2JournalTest {
    private static final int RUNS = 300;
    private static final int MOST_ENTRIES = 200;

    /** The entries of a client in the order of writing, and what they say. */
    private static final class Written {
        final List<Entry> entries = new ArrayList<>();
        Qos2State state = new Qos2State();

        Written write(Qos2Change change) {
            entries.add(Qos2Journal.write(state, change));
            state.apply(change);
            return this;
        }

        Written writeRandom(Random random, int most) {
            for (int i = random.nextInt(most); i > 0; i--) {
                write(randomChange(state, random));
            }
            return this;
        }

        /** The newest entry of each slot, which compaction never takes. */
        List<byte[]> newest() {
            Map<Integer, byte[]> slots = new HashMap<>();
            entries.forEach(entry -> slots.put(entry.slot(), entry.bytes()));
            return new ArrayList<>(slots.values());
        }
    }

    @Test
    void read_whateverCompactionLeft_isWhatWasWritten() {
        long seed = System.nanoTime();
        for (long run = seed; run < seed + RUNS; run++) {
            Random random = new Random(run);
            Written written = new Written().writeRandom(random, MOST_ENTRIES);

            assertSame(Qos2Journal.read(left(written, random)), written.state, run);
        }
    }

    /** Readers keep the last entry of each slot, but a topic that was not compacted yet has all of them. */
    @Test
    void read_everythingStillThere_isWhatWasWritten() {
        Written written = new Written().writeRandom(new Random(1), MOST_ENTRIES);

        assertSame(Qos2Journal.read(written.entries.stream().map(Entry::bytes).toList()), written.state, 1);
    }

    @Test
    void read_nothing_isStateOfUnknownClient() {
        Qos2State state = Qos2Journal.read(List.of());

        assertThat(state.size()).isZero();
        assertThat(state.generation()).isZero();
        assertThat(state.sequence()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0x7FFF, 0x8000, 0xFFFF})
    void read_idOfAnySize_isTheSame(int id) {
        Written written = new Written().write(adding(1, 1)).write(adding(id, -7));

        assertThat(ids(Qos2Journal.read(written.newest()))).containsEntry(id, -7L);
        written.write(removing(id));
        assertThat(ids(Qos2Journal.read(written.newest()))).doesNotContainKey(id);
    }

    /** An id that is released and used again within one transaction. */
    @Test
    void read_idRemovedAndAddedByOneChange_isAdded() {
        Written written = new Written()
                .write(adding(5, 1))
                .write(new Qos2Change(false, List.of(5), List.of(delivery(5, 2)), List.of(), List.of()));

        assertThat(ids(Qos2Journal.read(written.newest()))).containsExactly(Map.entry(5, 2L));
    }

    @Test
    void read_newGeneration_knowsNoIdOfTheOneBefore() {
        Written written = new Written()
                .write(adding(5, 1))
                .write(new Qos2Change(true, List.of(), List.of(), List.of(), List.of()))
                .write(adding(6, 1));

        Qos2State state = Qos2Journal.read(written.newest());
        assertThat(ids(state)).containsOnlyKeys(6);
        assertThat(state.generation()).isEqualTo(1);
    }

    @Test
    void write_anyRow_staysWithinItsSlots() {
        Written written = new Written();
        for (int i = 1; i <= 3 * Qos2Journal.SLOTS; i++) {
            written.write(adding(i, i));
        }

        assertThat(written.entries).allSatisfy(entry -> assertThat(entry.slot()).isBetween(0, Qos2Journal.SLOTS - 1));
        assertThat(written.newest()).hasSize(Qos2Journal.SLOTS);
    }

    @Test
    void read_unknownVersion_isRefused() {
        List<byte[]> entries = new Written().write(adding(1, 1)).newest();
        entries.get(0)[0]++;

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qos2Journal.read(entries))
                .withMessageContaining("form");
    }

    @Test
    void read_entryCutShortAnywhere_isRefused() {
        byte[] whole = new Written().write(adding(1, 1)).newest().get(0);

        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatIllegalArgumentException()
                    .as("%d of %d bytes", length, whole.length)
                    .isThrownBy(() -> Qos2Journal.read(List.of(cut)));
        }
    }

    @Test
    void read_entryMissingAfterLastWholeOne_isRefused() {
        Written written = new Written();
        for (int i = 1; i <= 10; i++) {
            written.write(adding(i, i));
        }

        for (int missing = 0; missing < 9; missing++) {
            List<byte[]> rest =
                    new ArrayList<>(written.entries.stream().map(Entry::bytes).toList());
            rest.remove(missing);
            assertThatIllegalArgumentException()
                    .as("without entry %d", missing + 1)
                    .isThrownBy(() -> Qos2Journal.read(rest))
                    .withMessageContaining("gap");
        }
    }

    private static List<byte[]> left(Written written, Random random) {
        Map<Integer, Integer> newest = new HashMap<>();
        for (int i = 0; i < written.entries.size(); i++) {
            newest.put(written.entries.get(i).slot(), i);
        }
        int keepOlder = random.nextInt(3);
        List<byte[]> left = new ArrayList<>();
        for (int i = 0; i < written.entries.size(); i++) {
            Entry entry = written.entries.get(i);
            if (newest.get(entry.slot()) == i || random.nextInt(2) < keepOlder) {
                left.add(entry.bytes());
            }
        }
        Collections.shuffle(left, random);
        return left;
    }

    private static Qos2Change randomChange(Qos2State before, Random random) {
        boolean newGeneration = random.nextInt(40) == 0;
        List<Integer> removed = new ArrayList<>();
        before.forEach((id, fingerprint) -> {
            if (random.nextInt(3) == 0) {
                removed.add(id);
            }
        });
        List<Delivery> added = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            added.add(delivery(1 + random.nextInt(0xFFFF), random.nextLong()));
        }
        return new Qos2Change(newGeneration, removed, added, List.of(), List.of());
    }

    private static Qos2Change adding(int id, long fingerprint) {
        return new Qos2Change(false, List.of(), List.of(delivery(id, fingerprint)), List.of(), List.of());
    }

    private static Qos2Change removing(int id) {
        return new Qos2Change(false, List.of(id), List.of(), List.of(), List.of());
    }

    private static Delivery delivery(int id, long fingerprint) {
        return new Delivery(id, 2, true, fingerprint, 0, 1);
    }

    private static void assertSame(Qos2State read, Qos2State written, long seed) {
        assertThat(ids(read)).as("ids, seed %d", seed).isEqualTo(ids(written));
        assertThat(read.generation()).as("generation, seed %d", seed).isEqualTo(written.generation());
        assertThat(read.sequence()).as("sequence, seed %d", seed).isEqualTo(written.sequence());
    }

    private static Map<Integer, Long> ids(Qos2State state) {
        Map<Integer, Long> ids = new TreeMap<>();
        state.forEach(ids::put);
        return ids;
    }
}
