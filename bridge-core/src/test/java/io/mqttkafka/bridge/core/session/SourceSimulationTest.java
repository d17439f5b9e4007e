package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.session.SourceSimulation.Figures;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Runs the session through random schedules.
 *
 * <p>{@code -Dbridge.simulation.schedules=5000000} runs that many; {@code -Dbridge.simulation.seed=42} runs one and tells
 * its story. Half of the schedules are the same in every build, the other half are new every time.
 */
class SourceSimulationTest {
    private static final long SCHEDULES = Long.getLong("bridge.simulation.schedules", 270_000);
    private static final Long SEED = Long.getLong("bridge.simulation.seed");

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
                "%,d schedules in %,d ms, %s%n",
                SCHEDULES,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos),
                figures);

        // What has not happened has not been tested.
        assertThat(figures.crashes).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.sessionsLost).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.failures).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.receivedAgain).isGreaterThan(SCHEDULES / 2);
        assertThat(figures.suppressed).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.idsUsedAgain).isGreaterThan(SCHEDULES);
        assertThat(figures.breaks).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.heldInLanes).isGreaterThan(SCHEDULES / 10);
        assertThat(figures.durableSchedules).isGreaterThan(SCHEDULES * 7 / 10);
        assertThat(figures.transactions).isGreaterThan(2 * SCHEDULES);
        assertThat(figures.aborted).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.unknown).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.cutDown).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.generations).isGreaterThan(SCHEDULES / 2);
        assertThat(figures.restored).isGreaterThan(SCHEDULES / 50);
    }

    /** The same seed has to tell the same story, or a failure could not be replayed. */
    @Test
    void same_seed_makes_same_story() {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(SourceSimulation.trace(Schedule.of(seed), Subject::new))
                    .isEqualTo(SourceSimulation.trace(Schedule.of(seed), Subject::new));
        }
    }

    private static Figures run(LongStream seeds) {
        return seeds.parallel().mapToObj(SourceSimulationTest::run).collect(Figures::new, Figures::plus, Figures::plus);
    }

    private static Figures run(long seed) {
        Schedule schedule = Schedule.of(seed);
        try {
            return SourceSimulation.run(schedule, Subject::new);
        } catch (Violation violation) {
            throw new AssertionError(report(schedule, violation), violation);
        }
    }

    private static void replay(long seed) {
        Schedule schedule = Schedule.of(seed);
        List<String> story = SourceSimulation.trace(schedule, Subject::new);
        System.out.println(schedule.world() + System.lineSeparator() + String.join(System.lineSeparator(), story));
        run(seed);
    }

    private static String report(Schedule schedule, Violation violation) {
        Schedule smallest = schedule.shrink(shorter -> {
            Violation again = SourceSimulation.violation(shorter, Subject::new);
            return again != null && again.promise() == violation.promise();
        });
        return String.format(
                Locale.ROOT,
                "%s%nReplay it with -Dbridge.simulation.seed=%d%n%s%nThe shortest story with the same end, %d of %d events:%n%s",
                violation.getMessage(),
                schedule.seed(),
                schedule.world(),
                smallest.events().size(),
                schedule.events().size(),
                String.join(System.lineSeparator(), SourceSimulation.trace(smallest, Subject::new)));
    }
}
