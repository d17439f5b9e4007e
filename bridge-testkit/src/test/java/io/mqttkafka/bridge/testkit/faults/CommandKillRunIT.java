package io.mqttkafka.bridge.testkit.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.testkit.EmbeddedKafka;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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
    private static final int KEYS = 8;
    private static final int PARTITIONS = 4;
    private static final int FEWEST_COMMANDS = 200;
    private static final int MOST_BETWEEN_KILLS = 3_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String HEAP = "128m";
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

    /** One topic, its commander, the devices, and the bridge in between. */
    private final class Run implements AutoCloseable {
        private final String topic;
        private final CommandSubscriber subscriber;
        private final BridgeProcess bridge;
        private final Commander commander;

        Run(String name) throws IOException {
            topic = name + "-" + round;
            BROKERS.kafka().createTopic(topic, PARTITIONS);
            subscriber = CommandSubscriber.connect(BROKERS.mqtt().serverUri(), "devices-" + topic, 2);
            bridge = BridgeProcess.start(
                    new CommandSetup(
                            BROKERS.mqtt().serverUri(), BROKERS.kafka().bootstrapServers(), "bridge-" + topic, topic),
                    HEAP);
            commander = new Commander(BROKERS.kafka().bootstrapServers(), topic, KEYS, PARTITIONS, FEWEST_COMMANDS);
        }

        void awaitMore(int count) {
            int until = subscriber.count() + count;
            await("more commands")
                    .pollInterval(Duration.ofMillis(3))
                    .atMost(PATIENCE)
                    .failFast("the bridge ended by itself", () -> !bridge.isAlive())
                    .until(() -> subscriber.count() >= until);
        }

        /** Waits for all commands, then for what may come too often. */
        void judge(String what, int kills) {
            int commands = commander.stop();
            await("all commands").atMost(PATIENCE).until(() -> subscriber.different() == KEYS * commands);
            bridge.terminate();
            int repeated = subscriber.judge(KEYS, commands);
            System.out.printf(
                    Locale.ROOT,
                    "CommandKillRunIT %s: round %d, kills %d, seed %d, %,d commands, 0 lost, %,d repeated, 0 out of order%n",
                    what,
                    round,
                    kills,
                    seed,
                    KEYS * commands,
                    repeated);
            assertThat(repeated).as("repeated").isZero();
        }

        @Override
        public void close() {
            commander.close();
            bridge.close();
            subscriber.close();
        }
    }

    @Test
    void kill_bridgeAtWork_deliversExactlyOnce() throws Exception {
        try (Run run = new Run("killed")) {
            for (int kill = 0; kill < KILLS; kill++) {
                run.awaitMore(1 + random.nextInt(MOST_BETWEEN_KILLS));
                run.bridge.kill();
                run.bridge.start();
            }
            run.judge("killed", KILLS);
        }
    }

    @Tag("chaos")
    @Test
    void halt_atEveryPoint_deliversExactlyOnce() throws Exception {
        try (Run run = new Run("halted")) {
            for (Failpoint point : POINTS) {
                run.awaitMore(1 + random.nextInt(200));
                Halt halt = new Halt(point, 1 + random.nextInt(20));
                run.bridge.haltAt(halt);
                assertThat(run.bridge.awaitEnd()).as("exit code at %s", halt).isEqualTo(halt.exitCode());
                run.bridge.start();
            }
            run.judge("halted", POINTS.size());
        }
    }
}
