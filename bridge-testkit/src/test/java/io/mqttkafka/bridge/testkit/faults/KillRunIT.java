package io.mqttkafka.bridge.testkit.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.FaultProxy;
import io.mqttkafka.bridge.testkit.MosquittoBroker;
import io.mqttkafka.bridge.testkit.MqttPacketTap;
import io.mqttkafka.bridge.testkit.faults.Tally.Verdict;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bridge is killed (SIGKILL) again and again under load. {@code -Dbridge.kills=100} makes a long run of it, {@code
 * -Dbridge.seed=..} repeats the moments of an earlier one.
 */
class KillRunIT {

    private static final int KILLS = Integer.getInteger("bridge.kills", 5);
    private static final long SEED = Long.getLong("bridge.seed", System.nanoTime());
    private static final int TOPICS = 8;
    private static final int PER_SECOND = 3_000;
    private static final int RECEIVE_MAXIMUM = 1_000;
    private static final int LEAST_BETWEEN_KILLS = 1_500;
    private static final int MOST_BETWEEN_KILLS = 9_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private static MosquittoBroker mqtt;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void startBrokers() {
        assumeTrue(MosquittoBroker.available(), "skipped: mosquitto is not installed");
        mqtt = MosquittoBroker.start();
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopBrokers() {
        if (kafka != null) {
            kafka.close();
        }
        if (mqtt != null) {
            mqtt.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void kill_bridgeUnderLoad_losesAndReordersNothing(int qos) throws Exception {
        Ledger ledger = new Ledger("killed-qos" + qos, TOPICS);
        Random random = new Random(SEED);
        UnderWay underWay = new UnderWay();
        try (Tally tally = Tally.start(kafka, ledger);
                FaultProxy proxy = FaultProxy.to(mqtt).tap(new MqttPacketTap(underWay::see));
                BridgeProcess bridge =
                        BridgeProcess.start(setup(proxy, ledger, qos), "128m").awaitRunning();
                Publisher publisher = Publisher.start(mqtt, ledger, qos, 100, PER_SECOND)) {
            for (int kill = 0; kill < KILLS; kill++) {
                // Counted in Kafka, so that every kill hits a bridge at work rather than one that starts.
                int until = tally.distinct()
                        + LEAST_BETWEEN_KILLS
                        + random.nextInt(MOST_BETWEEN_KILLS - LEAST_BETWEEN_KILLS);
                await().pollInterval(Duration.ofMillis(3))
                        .atMost(PATIENCE)
                        // And not in the rush after a restart: mosquitto 2.0.11 then goes beyond the receive maximum,
                        // and
                        // acknowledgements that it has not read die with the connection.
                        .until(() -> tally.distinct() >= Math.max(until, ledger.acknowledged() - PER_SECOND / 10)
                                && underWay.count() < RECEIVE_MAXIMUM / 2);
                bridge.kill();
                bridge.start();
            }
            publisher.stop();

            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf("KillRunIT qos %d: kills %d, seed %d, %s%n", qos, KILLS, SEED, verdict);
            assertThat(verdict.lost())
                    .as("lost; %s%n%s", verdict, bridge.logTail())
                    .isZero();
            assertThat(verdict.reordered()).as("reordered; %s", verdict).isZero();
            assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
            assertThat(verdict.misrouted()).as("misrouted; %s", verdict).isZero();
            assertThat(verdict.duplicated()).as("duplicated; %s", verdict).isLessThanOrEqualTo(KILLS * RECEIVE_MAXIMUM);
        }
    }

    private static Setup setup(FaultProxy proxy, Ledger ledger, int qos) {
        return Setup.of(proxy.serverUri(), kafka.bootstrapServers(), ledger.run(), qos)
                .receiveMaximum(RECEIVE_MAXIMUM);
    }
}
