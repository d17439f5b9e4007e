package io.mqttkafka.bridge.tests.faults;

import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** One topic of commands, its commander, the devices, and the bridge in between, which the test kills. */
final class CommandRun implements AutoCloseable {
    private static final int KEYS = 8;
    private static final int PARTITIONS = 4;
    private static final int FEWEST_COMMANDS = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String HEAP = "128m";

    private final CommandSubscriber subscriber;
    private final BridgeProcess bridge;
    private final Commander commander;

    CommandRun(String mqttUri, KafkaBroker kafka, String topic, long pauseMillis) throws IOException {
        kafka.createTopic(topic, PARTITIONS);
        subscriber = CommandSubscriber.connect(mqttUri, "devices-" + topic, 2);
        bridge = BridgeProcess.start(
                new CommandSetup(mqttUri, kafka.bootstrapServers(), "bridge-" + topic, topic, Versions.OF_RUN), HEAP);
        commander = new Commander(kafka.bootstrapServers(), topic, KEYS, PARTITIONS, FEWEST_COMMANDS, pauseMillis);
    }

    BridgeProcess bridge() {
        return bridge;
    }

    void awaitMore(int count) {
        int until = subscriber.count() + count;
        await("more commands")
                .pollInterval(Duration.ofMillis(3))
                .atMost(PATIENCE)
                .failFast("the bridge ended by itself", () -> !bridge.isAlive())
                .until(() -> subscriber.count() >= until);
    }

    /** As long as more come: what was sent while the bridge was killed again and again is a backlog. */
    private void awaitAll(int commands) {
        for (int seen = subscriber.different(); seen < commands; seen = subscriber.different()) {
            int before = seen;
            await("one more than the " + before + " of " + commands + " commands")
                    .atMost(PATIENCE)
                    .failFast("the bridge ended by itself", () -> !bridge.isAlive())
                    .until(() -> subscriber.different() > before);
        }
    }

    /** Waits for all commands, then for what may come too often; returns how many were repeated, none lost, all in order. */
    int judge(String what, int round, int kills, long seed) {
        int commands = commander.stop();
        awaitAll(KEYS * commands);
        bridge.terminate();
        int repeated = subscriber.judge(KEYS, commands);
        System.out.printf(
                Locale.ROOT,
                "%s: round %d, kills %d, seed %d, %,d commands, 0 lost, %,d repeated, 0 out of order%n",
                what,
                round,
                kills,
                seed,
                KEYS * commands,
                repeated);
        return repeated;
    }

    @Override
    public void close() {
        commander.close();
        bridge.close();
        subscriber.close();
    }
}
