package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A bridge from Kafka to MQTT at QoS 2 is killed (SIGKILL) again and again under load, and halted at each place that
 * matters; a subscriber with a session of its own counts. {@code -Dbridge.kills=100} makes a long run of it, {@code
 * -Dbridge.rounds=10} ten, {@code -Dbridge.seed=..} repeats the moments of an earlier one.
 */
@ParameterizedClass(name = "round {0}")
@MethodSource(Rounds.ALL)
class CommandKillRunIT {

    private static final int KILLS = Integer.getInteger("bridge.kills", 3);
    private static final int MOST_BETWEEN_KILLS = 3_000;
    private static final List<Failpoint> POINTS = List.of(
            Failpoint.TRANSACTION_BEGUN,
            Failpoint.BEFORE_COMMIT,
            Failpoint.BEFORE_ASSIGNMENT,
            Failpoint.ASSIGNED,
            Failpoint.TAKEN_OVER,
            Failpoint.BEFORE_RELEASE,
            Failpoint.RELEASE_COMMITTED,
            Failpoint.COMPLETED);

    @RegisterExtension
    static final Brokers<EmbeddedKafka> BROKERS = new Brokers<>(EmbeddedKafka::start);

    @Parameter
    int round;

    private final long seed = Long.getLong("bridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private CommandRun run(String name) throws IOException {
        return new CommandRun(BROKERS.mqtt().serverUri(), BROKERS.kafka(), name + "-" + round, Commander.FAST);
    }

    private void judge(CommandRun run, String what, int kills) {
        assertThat(run.judge("CommandKillRunIT " + what, round, kills, seed))
                .as("repeated")
                .isZero();
    }

    @Test
    void kill_bridgeAtWork_deliversExactlyOnce() throws Exception {
        try (CommandRun run = run("killed")) {
            for (int kill = 0; kill < KILLS; kill++) {
                run.awaitMore(1 + random.nextInt(MOST_BETWEEN_KILLS));
                run.bridge().kill();
                run.bridge().start();
            }
            judge(run, "killed", KILLS);
        }
    }

    @Tag("chaos")
    @Test
    void halt_atEveryPoint_deliversExactlyOnce() throws Exception {
        try (CommandRun run = run("halted")) {
            for (Failpoint point : POINTS) {
                run.awaitMore(1 + random.nextInt(200));
                Halt halt = new Halt(point, 1 + random.nextInt(20));
                run.bridge().haltAt(halt);
                assertThat(run.bridge().awaitEnd()).as("exit code at %s", halt).isEqualTo(halt.exitCode());
                run.bridge().start();
            }
            judge(run, "halted", POINTS.size());
        }
    }
}
