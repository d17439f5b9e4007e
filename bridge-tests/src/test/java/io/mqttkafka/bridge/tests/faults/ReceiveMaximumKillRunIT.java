package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A bridge from Kafka to MQTT at QoS 2 is killed (SIGKILL) again and again while brokers take 20 messages at a time and count
 * what they hold over the end of a connection: nothing is lost, repeated or out of order, and the bridge never stops. {@code
 * -Dbridge.kills=50} says how often, {@code -Dbridge.seed=..} repeats the moments of an earlier run.
 */
@Tag("chaos")
class ReceiveMaximumKillRunIT {
    private static final int KILLS = Integer.getInteger("bridge.kills", 50);
    private static final int RECEIVE_MAXIMUM = 20;
    private static final int MOST_BETWEEN_KILLS = 600;

    /** Two hundred a second: so small a window and a new process every few seconds must not fall behind for long. */
    private static final long PAUSE_MILLIS = 40;

    /** Before it, mosquitto took more than it had said. */
    private static final Runtime.Version FIRST_STRICT_MOSQUITTO = Runtime.Version.parse("2.0.13");

    private static EmbeddedKafka kafka;

    private final long seed = Long.getLong("bridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void startKafka() {
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopKafka() {
        kafka.close();
    }

    @Test
    void fake_kill_goesOn() throws Exception {
        try (FakeMqttBroker broker =
                FakeMqttBroker.builder().receiveMaximum(RECEIVE_MAXIMUM).start()) {
            killAndJudge(broker, "fake");

            assertThat(broker.violations()).isEmpty();
        }
    }

    @Test
    void hiveMq_kill_goesOn() throws Exception {
        try (EmbeddedMqttBroker broker =
                EmbeddedMqttBroker.builder().receiveMaximum(RECEIVE_MAXIMUM).start()) {
            killAndJudge(broker, "hivemq");
        }
    }

    @Test
    void mosquitto_kill_goesOn() throws Exception {
        assumeTrue(MosquittoBroker.available(), "skipped: mosquitto is not installed");
        String version = MosquittoBroker.version();
        assumeTrue(
                Runtime.Version.parse(version).compareTo(FIRST_STRICT_MOSQUITTO) >= 0,
                "skipped: mosquitto " + version + " does not keep to its receive maximum, 2.0.13 does");
        try (MosquittoBroker broker =
                MosquittoBroker.builder().maxInflightMessages(RECEIVE_MAXIMUM).start()) {
            killAndJudge(broker, "mosquitto-" + version.replace('.', '-'));
        }
    }

    private void killAndJudge(MqttBroker broker, String name) throws Exception {
        try (CommandRun run = new CommandRun(broker.serverUri(), kafka, name, PAUSE_MILLIS)) {
            for (int kill = 0; kill < KILLS; kill++) {
                run.awaitMore(1 + random.nextInt(MOST_BETWEEN_KILLS));
                run.bridge().kill();
                run.bridge().start();
            }
            int repeated = run.judge("ReceiveMaximumKillRunIT " + name, 0, KILLS, seed);

            assertThat(repeated).as("repeated").isZero();
            assertThat(run.bridge().log()).doesNotContain("has stopped", "0x97", "0x93");
        }
    }
}
