package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.MqttPacketTap;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bridge ends itself at each {@link Failpoint} in turn, and is started again. */
@ParameterizedClass(name = "round {0}")
@MethodSource(Rounds.ALL)
class FailpointIT {

    /** What the bridge does meanwhile. */
    enum Load {
        /** A message now and then. */
        IDLE(20, 3),
        /** Many messages in each transaction and each write. */
        LOADED(Rounds.PER_SECOND, 20);

        final int perSecond;
        final int mostPasses;

        Load(int perSecond, int mostPasses) {
            this.perSecond = perSecond;
            this.mostPasses = mostPasses;
        }
    }

    private static final Set<Failpoint> OF_NEW_SESSIONS =
            EnumSet.of(Failpoint.BEFORE_GENERATION, Failpoint.GENERATION_COMMITTED);
    private static final Set<Failpoint> OF_QOS1 = EnumSet.of(
            Failpoint.RECEIVED, Failpoint.CONFIRMED, Failpoint.BEFORE_ACKNOWLEDGEMENT, Failpoint.ACKNOWLEDGED);
    private static final int TOPICS = 4;
    private static final int BYTES = 100;
    private static final int RECEIVE_MAXIMUM = 1_000;

    /** With more waiting than it has packet ids mosquitto 2.0.11 uses them twice. */
    private static final int MOST_WAITING = 10_000;

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String HEAP = "128m";

    @RegisterExtension
    static final Brokers<EmbeddedKafka> BROKERS = new Brokers<>(EmbeddedKafka::start);

    @Parameter
    int round;

    private final long seed = Long.getLong("bridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** Idle as well takes a minute more: {@code -Pchaos}. */
    private static Stream<Load> loads() {
        return Boolean.getBoolean("bridge.chaos") ? Stream.of(Load.values()) : Stream.of(Load.LOADED);
    }

    @ParameterizedTest
    @MethodSource("loads")
    void halt_atEveryPointAtQos2_deliversExactlyOnce(Load load) throws Exception {
        Ledger ledger = new Ledger("halted-qos2-" + load.ordinal() + "-" + round, TOPICS);
        Set<Failpoint> points = EnumSet.range(Failpoint.RECEIVED, Failpoint.RESTORED);
        points.removeAll(OF_NEW_SESSIONS);
        Retractions retractions = new Retractions(ledger);
        UnderWay underWay = new UnderWay();
        PacketTrail trail = new PacketTrail(ledger);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt())
                        .tap(new MqttPacketTap((connection, direction, packet) -> {
                            retractions.see(connection, direction, packet);
                            underWay.see(connection, direction, packet);
                            trail.see(connection, direction, packet);
                        }));
                BridgeProcess bridge = BridgeProcess.start(setup(proxy.serverUri(), ledger, 2), HEAP)
                        .awaitRunning();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 2, BYTES, load.perSecond)) {
            hold(publisher, underWay, ledger, tally);
            for (Failpoint point : points) {
                Halt halt = halt(point, load);
                if (point == Failpoint.RESTORED) {
                    // so that there is something to restore, and to restore again
                    haltAt(halt(Failpoint.COMMITTED, load), bridge);
                    bridge.start(new Halt(point, 1));
                    assertThat(bridge.awaitEnd()).isEqualTo(halt.exitCode());
                } else {
                    haltAt(halt, bridge);
                }
                startAgain(bridge, tally, ledger, trail);
                // What mosquitto sends again although it has released it, nobody can tell from a new message.
                assertThat(tally.unexplained(retractions))
                        .as("duplicated and not taken back, %s", halt)
                        .isZero();
                assertThat(tally.verdict().reordered())
                        .as("reordered, %s", halt)
                        .isZero();
            }
            publisher.stop();

            Verdict verdict = judge(
                    "qos 2, " + load + ", taken back " + retractions.count(),
                    2,
                    points.size() + 1,
                    tally,
                    bridge,
                    trail);

            assertThat(tally.unexplained(retractions))
                    .as("duplicated and not taken back; %s", verdict)
                    .isZero();
        }
    }

    @Tag("chaos")
    @ParameterizedTest
    @MethodSource("loads")
    void halt_atEveryPointAtQos1_losesNothingAndRepeatsAWindowAtMost(Load load) throws Exception {
        Ledger ledger = new Ledger("halted-qos1-" + load.ordinal() + "-" + round, TOPICS);
        UnderWay underWay = new UnderWay();
        PacketTrail trail = new PacketTrail(ledger);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt())
                        .tap(new MqttPacketTap((connection, direction, packet) -> {
                            underWay.see(connection, direction, packet);
                            trail.see(connection, direction, packet);
                        }));
                BridgeProcess bridge = BridgeProcess.start(setup(proxy.serverUri(), ledger, 1), HEAP)
                        .awaitRunning();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, BYTES, load.perSecond)) {
            hold(publisher, underWay, ledger, tally);
            for (Failpoint point : OF_QOS1) {
                // In the rush after a restart mosquitto 2.0.11 has more than a window under way.
                BooleanSupplier keepsUp = () -> tally.distinct() >= ledger.acknowledged() - load.perSecond / 10
                        && underWay.count() < RECEIVE_MAXIMUM / 2;
                assertThat(tally.await(keepsUp, PATIENCE))
                        .as(() -> "keeps up; " + whereabouts(tally, bridge, trail))
                        .isTrue();
                haltAt(halt(point, load), bridge);
                startAgain(bridge, tally, ledger, trail);
                assertThat(tally.verdict().reordered())
                        .as("reordered, %s", point)
                        .isZero();
            }
            publisher.stop();

            Verdict verdict = judge("qos 1, " + load, 1, OF_QOS1.size(), tally, bridge, trail);

            assertThat(verdict.duplicated())
                    .as("duplicated; %s", verdict)
                    .isLessThanOrEqualTo(OF_QOS1.size() * RECEIVE_MAXIMUM);
        }
    }

    /** The MQTT broker has lost a session whose packet ids Kafka knows, and begins another one. */
    @Test
    void halt_whenTheSessionIsNew_takesNothingForARepetition() throws Exception {
        Ledger ledger = new Ledger("halted-new-session-" + round, TOPICS);
        PacketTrail trail = new PacketTrail(ledger);
        String clientId = setup(BROKERS.mqtt().serverUri(), ledger, 2).clientId();
        int after = 50;
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(new MqttPacketTap(trail::see));
                BridgeProcess bridge = BridgeProcess.start(
                        setup(proxy.serverUri(), ledger, 2), HEAP, new Halt(Failpoint.BEFORE_GENERATION, 1))) {
            assertThat(bridge.awaitEnd()).isEqualTo(new Halt(Failpoint.BEFORE_GENERATION, 1).exitCode());
            for (Failpoint point : OF_NEW_SESSIONS) {
                bridge.start();
                bridge.awaitRunning();
                bridge.haltAt(new Halt(Failpoint.COMMITTED, 1));
                publish(ledger, 1);
                assertThat(bridge.awaitEnd()).isEqualTo(new Halt(Failpoint.COMMITTED, 1).exitCode());
                endSession(clientId);
                Halt halt = new Halt(point, 1);
                bridge.start(halt);
                assertThat(bridge.awaitEnd()).isEqualTo(halt.exitCode());
                bridge.start();
                bridge.awaitRunning();
                // under the packet ids that Kafka has known before
                publish(ledger, after);
                assertThat(tally.await(tally::isComplete, PATIENCE))
                        .as(() -> "complete; " + whereabouts(tally, bridge, trail))
                        .isTrue();
                bridge.terminate();
            }

            Verdict verdict = judge("new session", 2, 2 * OF_NEW_SESSIONS.size() + 1, tally, bridge, trail);

            int messages = OF_NEW_SESSIONS.size() * (1 + after);
            assertThat(verdict).isEqualTo(new Verdict(messages, messages, 0, 0, 0, 0, 0));
        }
    }

    private static void publish(Ledger ledger, int messages) {
        try (Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 2, BYTES, 1_000, messages)) {
            publisher.finish();
        }
    }

    /** Makes the broker forget the session with all that it has under way. */
    private static void endSession(String clientId) throws MqttException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        options.setSessionExpiryInterval(0L);
        MqttAsyncClient client = new MqttAsyncClient(BROKERS.mqtt().serverUri(), clientId, new MemoryPersistence());
        try {
            client.connect(options).waitForCompletion(PATIENCE.toMillis());
            client.disconnect().waitForCompletion(PATIENCE.toMillis());
        } finally {
            client.close();
        }
    }

    /** Keeps the backlog so small that mosquitto can cope with it. */
    private static void hold(Publisher publisher, UnderWay underWay, Ledger ledger, Tally tally) {
        BooleanSupplier surge = underWay.surge(2 * RECEIVE_MAXIMUM, RECEIVE_MAXIMUM / 4);
        publisher.holdWhile(() -> surge.getAsBoolean() || ledger.acknowledged() - tally.distinct() > MOST_WAITING);
    }

    private Halt halt(Failpoint point, Load load) {
        return new Halt(point, 1 + random.nextInt(load.mostPasses));
    }

    private static void haltAt(Halt halt, BridgeProcess bridge) throws IOException {
        bridge.haltAt(halt);
        assertThat(bridge.awaitEnd()).as("exit code at %s", halt).isEqualTo(halt.exitCode());
    }

    private static void startAgain(BridgeProcess bridge, Tally tally, Ledger ledger, PacketTrail trail)
            throws IOException {
        tally.starting();
        bridge.start();
        bridge.awaitRunning();
        int owed = ledger.acknowledged();
        assertThat(tally.await(() -> tally.distinct() >= owed, PATIENCE))
                .as(() -> "gets on after its start; " + whereabouts(tally, bridge, trail))
                .isTrue();
    }

    /** Tells what became of the messages that are missing. */
    private static String whereabouts(Tally tally, BridgeProcess bridge, PacketTrail trail) {
        return String.join(
                "\n",
                tally.verdict().toString(),
                trail.of(tally.missing()),
                tally.ends(BROKERS.kafka()),
                bridge.logTail());
    }

    private Verdict judge(String what, int qos, int halts, Tally tally, BridgeProcess bridge, PacketTrail trail) {
        Verdict verdict = tally.settle(PATIENCE);
        // killed with a transaction under way it would hold up the bridge of the next test
        bridge.terminate();
        System.out.printf("FailpointIT %s: round %d, halts %d, seed %d, %s%n", what, round, halts, seed, verdict);
        Totals.add(qos, halts, 0, verdict, tally.recoveries());
        assertThat(verdict.lost())
                .as(() -> "lost; " + whereabouts(tally, bridge, trail))
                .isZero();
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
