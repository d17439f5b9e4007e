package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class Qos2StateTest {
    private final Qos2State state = new Qos2State();

    @Test
    void apply_removedAndAddedAgain_isAdded() {
        state.apply(change(false, List.of(), 5));
        state.apply(change(false, List.of(5), 5, 6));

        assertThat(ids(state)).containsOnlyKeys(5, 6);
    }

    @Test
    void apply_removalOfUnknownId_changesNothing() {
        state.apply(change(false, List.of(), 5));
        state.apply(change(false, List.of(9)));

        assertThat(ids(state)).containsOnlyKeys(5);
    }

    @Test
    void apply_newGeneration_forgetsAllBefore() {
        state.apply(change(false, List.of(), 5));
        state.apply(change(true, List.of(), 6));

        assertThat(ids(state)).containsOnlyKeys(6);
        assertThat(state.generation()).isEqualTo(1);
    }

    @Test
    void apply_anyChange_countsOneTransaction() {
        state.apply(change(false, List.of(), 5));
        state.apply(change(true, List.of()));

        assertThat(state.sequence()).isEqualTo(2);
    }

    /** A transaction that is aborted must leave no trace. */
    @Test
    void after_change_leavesOriginalAsItWas() {
        state.apply(change(false, List.of(), 5));
        Qos2State after = state.after(change(true, List.of(), 7));

        assertThat(ids(after)).containsOnlyKeys(7);
        assertThat(after.sequence()).isEqualTo(2);
        assertThat(ids(state)).containsOnlyKeys(5);
        assertThat(state.sequence()).isEqualTo(1);
        assertThat(state.generation()).isZero();
    }

    private static Qos2Change change(boolean newGeneration, List<Integer> removed, int... added) {
        List<Delivery> deliveries = Arrays.stream(added)
                .mapToObj(id -> new Delivery(id, 2, true, 10L * id, 0, 1))
                .toList();
        return new Qos2Change(newGeneration, removed, deliveries, List.of(), List.of());
    }

    private static Map<Integer, Long> ids(Qos2State state) {
        Map<Integer, Long> ids = new TreeMap<>();
        state.forEach(ids::put);
        return ids;
    }
}
