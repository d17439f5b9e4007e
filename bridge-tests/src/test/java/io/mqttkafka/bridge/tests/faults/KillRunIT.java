package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.MqttPacketTap;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bridge is killed (SIGKILL) again and again under load. {@code -Dbridge.kills=100} makes a long run of it, {@code
 * -Dbridge.rounds=10} ten, {@code -Dbridge.seed=..} repeats the moments of an earlier one, {@code -Dbridge.broker=hivemq} takes
 * HiveMQ CE instead of mosquitto.
 */
@ParameterizedClass(name = "round {0}")
@MethodSource(Rounds.ALL)
class KillRunIT {

    private static final int KILLS = Integer.getInteger("bridge.kills", 3);
    private static final int TOPICS = 8;
    private static final int PER_SECOND = Rounds.PER_SECOND;
    private static final int RECEIVE_MAXIMUM = 1_000;
    private static final int LEAST_BETWEEN_KILLS = 1_500;
    private static final int MOST_BETWEEN_KILLS = 9_000;
    private static final int MOST_MILLIS_BETWEEN_KILLS = 3_000;

    /**
     * How large a backlog, and what mosquitto has under way, may be at a kill: mosquitto 2.0.11 goes far beyond the receive
     * maximum, and uses packet ids twice when it gets beyond their number.
     */
    private static final int MOST_WAITING = Integer.getInteger("bridge.backlog", 10_000);

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    static final Brokers<EmbeddedKafka> BROKERS = new Brokers<>(EmbeddedKafka::start);

    private static MqttBroker mqtt;

    @Parameter
    int round;

    private final long seed = Long.getLong("bridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void startBroker() {
        mqtt = "hivemq".equals(System.getProperty("bridge.broker"))
                ? EmbeddedMqttBroker.builder().maxQueuedMessages(1_000_000).start()
                : BROKERS.mqtt();
    }

    @AfterAll
    static void stopBroker() {
        mqtt.close();
    }

    @Test
    void kill_bridgeThatKeepsUpAtQos1_losesNothingAndRepeatsAWindowAtMost() throws Exception {
        int repeated = killWhileKeepingUp(new Ledger("killed-qos1-" + round, TOPICS), 1);

        assertThat(repeated).as("duplicated").isLessThanOrEqualTo(KILLS * RECEIVE_MAXIMUM);
    }

    @Test
    void kill_bridgeThatKeepsUpAtQos2_deliversExactlyOnce() throws Exception {
        int repeated = killWhileKeepingUp(new Ledger("killed-qos2-" + round, TOPICS), 2);

        assertThat(repeated).as("duplicated and not taken back").isZero();
    }

    /** In the rush after a restart mosquitto 2.0.11 has far more than a window under way. */
    @Test
    void kill_bridgeInTheRushAtQos2_deliversExactlyOnce() throws Exception {
        Ledger ledger = new Ledger("killed-in-rush-" + round, TOPICS);
        UnderWay underWay = new UnderWay();
        Retractions retractions = new Retractions(ledger);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(mqtt).tap(new MqttPacketTap((connection, direction, packet) -> {
                    underWay.see(connection, direction, packet);
                    retractions.see(connection, direction, packet);
                }));
                BridgeProcess bridge = BridgeProcess.start(setup(proxy.serverUri(), ledger, 2), "128m")
                        .awaitRunning();
                Publisher publisher = Publisher.start(mqtt, ledger, 2, 100, PER_SECOND)) {
            BooleanSupplier tooManyWait =
                    () -> underWay.count() > MOST_WAITING || ledger.acknowledged() - tally.distinct() > MOST_WAITING;
            publisher.holdWhile(tooManyWait);
            for (int kill = 0; kill < KILLS; kill++) {
                BooleanSupplier moment = anyMoment(tally, ledger);
                kill(bridge, tally, () -> moment.getAsBoolean() && !tooManyWait.getAsBoolean());
            }
            publisher.stop();

            Verdict verdict = judge(
                    "in the rush, most under way " + underWay.most() + ", ids reused " + underWay.reused()
                            + ", taken back " + retractions.count() + ", qos 2",
                    2,
                    tally,
                    bridge);

            // What mosquitto sends again although it has released it, nobody can tell from a new message.
            assertThat(tally.unexplained(retractions))
                    .as("duplicated and not taken back; %s", verdict)
                    .isZero();
        }
    }

    /** Some kills hit a bridge that starts, the others one that works on the backlog or has just got to its end. */
    private BooleanSupplier anyMoment(Tally tally, Ledger ledger) {
        if (random.nextInt(4) == 0) {
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(MOST_MILLIS_BETWEEN_KILLS));
            return () -> System.nanoTime() - until >= 0;
        }
        int done = tally.distinct();
        int until = done + 1 + random.nextInt((Math.max(0, ledger.acknowledged() - done) + PER_SECOND) / 2);
        return () -> tally.distinct() >= until;
    }

    /** Returns how many messages were repeated; at QoS 2 those that the broker has taken back are not counted. */
    private int killWhileKeepingUp(Ledger ledger, int qos) throws Exception {
        UnderWay underWay = new UnderWay();
        Retractions retractions = new Retractions(ledger);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(mqtt).tap(new MqttPacketTap((connection, direction, packet) -> {
                    underWay.see(connection, direction, packet);
                    if (qos == 2) {
                        retractions.see(connection, direction, packet);
                    }
                }));
                BridgeProcess bridge = BridgeProcess.start(setup(proxy.serverUri(), ledger, qos), "128m")
                        .awaitRunning();
                Publisher publisher = Publisher.start(mqtt, ledger, qos, 100, PER_SECOND)) {
            // A bridge that cannot keep up would never be killed.
            BooleanSupplier tooMuchUnderWay = underWay.surge(2 * RECEIVE_MAXIMUM, RECEIVE_MAXIMUM / 4);
            publisher.holdWhile(
                    () -> tooMuchUnderWay.getAsBoolean() || ledger.acknowledged() - tally.distinct() > MOST_WAITING);
            for (int kill = 0; kill < KILLS; kill++) {
                // Counted in Kafka, so that every kill hits a bridge at work rather than one that starts.
                int until = tally.distinct()
                        + LEAST_BETWEEN_KILLS
                        + random.nextInt(MOST_BETWEEN_KILLS - LEAST_BETWEEN_KILLS);
                // And not in the rush after a restart, where acknowledgements that mosquitto has not read die with the
                // connection: at QoS 1 those messages come again.
                kill(
                        bridge,
                        tally,
                        () -> tally.distinct() >= Math.max(until, ledger.acknowledged() - PER_SECOND / 10)
                                && underWay.count() < RECEIVE_MAXIMUM / 2);
            }
            publisher.stop();

            Verdict verdict =
                    judge("keeping up, taken back " + retractions.count() + ", qos " + qos, qos, tally, bridge);
            return qos == 2 ? tally.unexplained(retractions) : verdict.duplicated();
        }
    }

    private static void kill(BridgeProcess bridge, Tally tally, BooleanSupplier moment) throws IOException {
        await().pollInterval(Duration.ofMillis(3)).atMost(PATIENCE).until(moment::getAsBoolean);
        bridge.kill();
        tally.starting();
        bridge.start();
    }

    private Verdict judge(String what, int qos, Tally tally, BridgeProcess bridge) {
        Verdict verdict = tally.settle(PATIENCE);
        // killed with a transaction under way it would hold up the bridge of the next test
        bridge.terminate();
        System.out.printf("KillRunIT %s: round %d, kills %d, seed %d, %s%n", what, round, KILLS, seed, verdict);
        Totals.add(qos, KILLS, 0, verdict, tally.recoveries());
        assertThat(verdict.lost()).as("lost; %s%n%s", verdict, bridge.logTail()).isZero();
        assertThat(verdict.reordered()).as("reordered; %s", verdict).isZero();
        assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
        assertThat(verdict.misrouted()).as("misrouted; %s", verdict).isZero();
        return verdict;
    }

    private static Setup setup(String mqttUri, Ledger ledger, int qos) {
        return Setup.of(mqttUri, BROKERS.kafka().bootstrapServers(), ledger.run(), qos)
                .receiveMaximum(RECEIVE_MAXIMUM);
    }
}
