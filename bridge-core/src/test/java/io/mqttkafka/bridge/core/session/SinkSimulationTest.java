package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.session.SinkSimulation.Figures;
import io.mqttkafka.bridge.core.session.SinkSimulation.Mutant;
import java.util.Locale;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs ledger and publishing session through random schedules: nothing is committed that the broker has not taken over, no
 * id stands for two messages, nothing is repeated without need, order holds, and in the end everything arrives.
 *
 * <p>{@code -Dbridge.simulation.sink.schedules=5000000} runs that many. A failure names its seed. Half of the schedules are
 * the same in every build, the other half are new every time.
 */
class SinkSimulationTest {
    private static final long SCHEDULES = Long.getLong("bridge.simulation.sink.schedules", 100_000);

    @Test
    void promises_hold_in_any_schedule() {
        long fresh = System.nanoTime() << 20;
        Figures figures = run(LongStream.range(0, SCHEDULES / 2), Mutant.NONE)
                .plus(run(LongStream.range(fresh, fresh + SCHEDULES / 2), Mutant.NONE));
        System.out.printf(Locale.ROOT, "%,d schedules, %s%n", SCHEDULES, figures);

        // What has not happened has not been tested.
        assertThat(figures.crashes).isGreaterThan(SCHEDULES / 2);
        assertThat(figures.sessionsLost).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.resent).isGreaterThan(SCHEDULES);
        assertThat(figures.refusals).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.pleas).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.duplicates).isGreaterThan(SCHEDULES / 10);
    }

    @ParameterizedTest
    @EnumSource(value = Mutant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void mutant_isNoticed(Mutant mutant) {
        assertThatThrownBy(() -> run(LongStream.range(0, 1_000), mutant)).isInstanceOf(AssertionError.class);
    }

    private static Figures run(LongStream seeds, Mutant mutant) {
        return seeds.parallel()
                .mapToObj(seed -> SinkSimulation.run(seed, mutant))
                .collect(Figures::new, Figures::plus, Figures::plus);
    }
}
