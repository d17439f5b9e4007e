package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.session.OutboxSimulation.Figures;
import io.mqttkafka.bridge.core.session.OutboxSimulation.Mutant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs the outbox through random schedules: nothing is lost, nothing is repeated but what a lost session explains, order
 * holds within each partition, no packet id stands for two records, and in the end nothing is left in Kafka.
 *
 * <p>{@code -Dbridge.simulation.outbox.schedules=5000000} runs that many; {@code -Dbridge.simulation.outbox.seed=42} runs
 * one and tells its story. Half of the schedules are the same in every build, the other half are new every time.
 */
class OutboxSimulationTest {
    private static final long SCHEDULES = Long.getLong("bridge.simulation.outbox.schedules", 100_000);
    private static final Long SEED = Long.getLong("bridge.simulation.outbox.seed");
    private static final long SCHEDULES_OF_A_MUTANT = 20_000;

    @Test
    void promises_hold_in_any_schedule() {
        if (SEED != null) {
            replay(SEED);
            return;
        }
        long nanos = System.nanoTime();
        long fresh = nanos << 20;
        Figures figures =
                run(LongStream.range(0, SCHEDULES / 2)).plus(run(LongStream.range(fresh, fresh + SCHEDULES / 2)));
        System.out.printf(
                Locale.ROOT,
                "Outbox: %,d schedules in %,d ms, %s%n",
                SCHEDULES,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos),
                figures);

        // What has not happened has not been tested.
        assertThat(figures.crashes).isGreaterThan(SCHEDULES);
        assertThat(figures.crashesWithTransaction).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.sessionsLost).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.unknown).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.resent).isGreaterThan(SCHEDULES / 2);
        assertThat(figures.refusals).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.pleas).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.beyond).isGreaterThan(SCHEDULES / 2_000);
        assertThat(figures.thrownAway).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.recalledAssigned).isGreaterThan(SCHEDULES / 5);
        assertThat(figures.recalledOnItsWay).isGreaterThan(SCHEDULES / 20);
        assertThat(figures.recalledDone).isGreaterThan(SCHEDULES / 20);
        assertThat(figures.voided).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.rebalances).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.doubtful).isLessThan(figures.sessionsLost / 5);
    }

    private static Figures run(LongStream seeds) {
        return seeds.parallel()
                .mapToObj(seed -> OutboxSimulation.run(seed, Mutant.NONE))
                .collect(Figures::new, Figures::plus, Figures::plus);
    }

    private static void replay(long seed) {
        List<String> story = new ArrayList<>();
        try {
            OutboxSimulation.run(seed, Mutant.NONE, story);
        } finally {
            System.out.println(String.join(System.lineSeparator(), story));
        }
    }

    /** What a revoked partition leaves of the window, the messages behind it get at once: nothing else may ever come. */
    @Test
    void revoked_messagesThatWaitedBehind_areSent() {
        OutboxSimulation.run(-7652628930111699299L, Mutant.NONE);
    }

    /** The same seed has to tell the same story, or a failure could not be replayed. */
    @Test
    void same_seed_makes_same_story() {
        for (long seed = 0; seed < 50; seed++) {
            List<String> once = new ArrayList<>();
            List<String> again = new ArrayList<>();
            OutboxSimulation.run(seed, Mutant.NONE, once);
            OutboxSimulation.run(seed, Mutant.NONE, again);
            assertThat(again).isEqualTo(once);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void mutant_any_is_found(Mutant mutant) {
        for (long seed = 0; seed < SCHEDULES_OF_A_MUTANT; seed++) {
            try {
                OutboxSimulation.run(seed, mutant);
            } catch (AssertionError found) {
                System.out.printf("%-45s found after %,6d schedules: %s%n", mutant, seed + 1, found.getMessage());
                return;
            }
        }
        throw new AssertionError(mutant + " breaks no promise in " + SCHEDULES_OF_A_MUTANT + " schedules");
    }
}
