package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.testkit.broker.KafkaProcess;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacketTap;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exactly once while brokers restart and hang, networks break, and another bridge comes along. */
@ParameterizedClass(name = "round {0}")
@MethodSource(Rounds.ALL)
class Qos2FaultsIT {

    private static final int TOPICS = 4;
    private static final int PER_SECOND = 1_000;
    private static final int BYTES = 100;
    private static final String HEAP = "128m";
    private static final int KEEP_ALIVE_SECONDS = 2;
    private static final int TRANSACTION_TIMEOUT_MILLIS = 5_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final FaultProxy KAFKA_PROXY = FaultProxy.start();

    @RegisterExtension
    static final Brokers<KafkaProcess> BROKERS = new Brokers<>(() -> KafkaProcess.builder()
            .behind(KAFKA_PROXY)
            // Kafka looks for transactions that take too long every ten seconds by default. If it does so while it is
            // still
            // starting, it forgets their markers (4.3.1), and what they hold up is never read again.
            .property("transaction.abort.timed.out.transaction.cleanup.interval.ms", "5000")
            .start());

    @Parameter
    int round;

    private final long seed = Long.getLong("bridge.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /** What mosquitto 2.0.11 takes back when it restarts comes again under ids that it has released. */
    @Tag("chaos")
    @Test
    void mosquitto_restarted_repeatsNothingButWhatItTakesBack() {
        Ledger ledger = new Ledger("q2-mqtt-restart-" + round, TOPICS);
        Retractions retractions = new Retractions(ledger);
        PacketTrail trail = new PacketTrail(ledger);
        int restarts = 3;
        try (Tally tally = tally(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(tap(retractions, trail));
                Bridge bridge = setup(proxy, ledger).build().start();
                Publisher publisher = publisher(ledger)) {
            for (int restart = 0; restart < restarts; restart++) {
                awaitMore(ledger, 1_000 + random.nextInt(500));
                BROKERS.mqtt().restart();
            }
            awaitMore(ledger, 500);
            publisher.stop();

            judge("mosquitto restarted", restarts, tally, bridge, retractions, trail);
        }
    }

    @Test
    void kafka_stoppedAndStarted_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-kafka-restart-" + round, TOPICS);
        try (Tally tally = tally(ledger);
                Bridge bridge = setup(ledger).build().start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000);
            BROKERS.kafka().stop();
            awaitMore(ledger, 2_000);
            BROKERS.kafka().restart();
            publisher.stop();

            judge("Kafka stopped", 1, tally, bridge);
        }
    }

    @Tag("chaos")
    @Test
    void kafka_killed_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-kafka-killed-" + round, TOPICS);
        try (Tally tally = tally(ledger);
                Bridge bridge = setup(ledger).build().start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000 + random.nextInt(500));
            BROKERS.kafka().kill();
            BROKERS.kafka().restart();
            awaitMore(ledger, 500);
            publisher.stop();

            judge("Kafka killed", 1, tally, bridge);
        }
    }

    /** Kafka ends the transaction by itself as soon as it comes back. */
    @Tag("chaos")
    @Test
    void kafka_hangingLongerThanATransactionMayTake_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-kafka-hangs-" + round, TOPICS);
        try (Tally tally = tally(ledger);
                Bridge bridge = setup(ledger).keepAlive(4).build().start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000);
            BROKERS.kafka().pause();
            try {
                awaitMore(ledger, (TRANSACTION_TIMEOUT_MILLIS + 3_000) * PER_SECOND / 1_000);
            } finally {
                BROKERS.kafka().resume();
            }
            publisher.stop();

            judge("Kafka hung", 1, tally, bridge);
        }
    }

    /** Kafka lives and ends the transaction, while the bridge cannot reach it. */
    @Tag("chaos")
    @Test
    void kafka_unreachableLongerThanATransactionMayTake_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-kafka-unreachable-" + round, TOPICS);
        Setup setup = Setup.of(BROKERS.mqtt().serverUri(), KAFKA_PROXY.address(), ledger.run(), 2)
                .transactionTimeout(TRANSACTION_TIMEOUT_MILLIS);
        try (Tally tally = tally(ledger);
                Bridge bridge = setup.build().start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000);
            KAFKA_PROXY.pause();
            try {
                awaitMore(ledger, (TRANSACTION_TIMEOUT_MILLIS + 2_000) * PER_SECOND / 1_000);
            } finally {
                KAFKA_PROXY.resume();
            }
            publisher.stop();

            judge("Kafka unreachable", 1, tally, bridge);
        }
    }

    @Tag("chaos")
    @Test
    void connectionsToKafka_cutAgainAndAgain_deliverExactlyOnce() {
        Ledger ledger = new Ledger("q2-kafka-cut-" + round, TOPICS);
        int cuts = 20;
        Setup setup = Setup.of(BROKERS.mqtt().serverUri(), KAFKA_PROXY.address(), ledger.run(), 2)
                .transactionTimeout(TRANSACTION_TIMEOUT_MILLIS);
        try (Tally tally = tally(ledger);
                Bridge bridge = setup.build().start();
                Publisher publisher = publisher(ledger)) {
            for (int cut = 0; cut < cuts; cut++) {
                awaitMore(ledger, 50 + random.nextInt(200));
                // requests that Kafka gets and answers in vain, and requests that it never gets
                KAFKA_PROXY.cutAfterBytes(
                        random.nextBoolean() ? Direction.SERVER_TO_CLIENT : Direction.CLIENT_TO_SERVER,
                        random.nextInt(20_000));
            }
            publisher.stop();

            judge("Kafka cut", cuts, tally, bridge);
        }
    }

    @Test
    void connectionToMqtt_cutInTheMiddleOfPackets_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-cut-" + round, TOPICS);
        int cuts = 24;
        Retractions retractions = new Retractions(ledger);
        PacketTrail trail = new PacketTrail(ledger);
        try (Tally tally = tally(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(tap(retractions, trail));
                Bridge bridge = setup(proxy, ledger).build().start();
                Publisher publisher = publisher(ledger)) {
            for (int cut = 0; cut < cuts; cut++) {
                int before = proxy.acceptedConnections();
                boolean inbound = cut % 2 == 0;
                proxy.cutAfterBytes(
                        inbound ? Direction.SERVER_TO_CLIENT : Direction.CLIENT_TO_SERVER,
                        inbound ? 500 + random.nextInt(40_000) : 50 + random.nextInt(2_000));
                // Paho's receiver can meet a NullPointerException when it ends while it is being closed.
                await().dontCatchUncaughtExceptions()
                        .atMost(PATIENCE)
                        .until(() -> proxy.acceptedConnections() > before);
            }
            publisher.stop();

            judge("MQTT cut", cuts, tally, bridge, retractions, trail);
        }
    }

    /** No end of the connection can be seen; what the network held back arrives when nobody waits for it any more. */
    @Tag("chaos")
    @Test
    void networkToMqtt_swallowingEverything_deliversExactlyOnce() {
        Ledger ledger = new Ledger("q2-half-open-" + round, TOPICS);
        Retractions retractions = new Retractions(ledger);
        PacketTrail trail = new PacketTrail(ledger);
        try (Tally tally = tally(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(tap(retractions, trail));
                Bridge bridge = setup(proxy, ledger)
                        .keepAlive(KEEP_ALIVE_SECONDS)
                        .build()
                        .start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 500);
            proxy.pause();
            awaitMore(ledger, 3 * KEEP_ALIVE_SECONDS * PER_SECOND);
            proxy.resume();
            awaitMore(ledger, 500);
            publisher.stop();

            judge("MQTT half-open", 1, tally, bridge, retractions, trail);
        }
    }

    @Tag("chaos")
    @ParameterizedTest
    @EnumSource
    void networkToMqtt_swallowingOneDirection_deliversExactlyOnce(Direction direction) {
        Ledger ledger = new Ledger("q2-one-way-" + direction.ordinal() + "-" + round, TOPICS);
        Retractions retractions = new Retractions(ledger);
        PacketTrail trail = new PacketTrail(ledger);
        try (Tally tally = tally(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(tap(retractions, trail));
                Bridge bridge = setup(proxy, ledger)
                        .keepAlive(KEEP_ALIVE_SECONDS)
                        .build()
                        .start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 500);
            proxy.pause(direction);
            awaitMore(ledger, 3 * KEEP_ALIVE_SECONDS * PER_SECOND);
            proxy.resume(direction);
            awaitMore(ledger, 500);
            publisher.stop();

            judge("MQTT one-way " + direction, 1, tally, bridge, retractions, trail);
        }
    }

    @Test
    void secondBridge_ofTheSameClientId_takesOverAndTheFirstStops() {
        Ledger ledger = new Ledger("q2-takeover-" + round, TOPICS);
        try (Tally tally = tally(ledger);
                Bridge first = setup(ledger).build().start();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000);
            try (Bridge second = setup(ledger).build().start()) {
                await().atMost(PATIENCE).until(() -> first.state() == BridgeState.FAILED);
                assertThat(first.health().connections().get(0).lastError())
                        .isNotNull()
                        .satisfies(error -> assertThat(error.cause()).contains("mqtt.clientId"));
                awaitMore(ledger, 1_000);
                publisher.stop();

                judge("takeover", 1, tally, second);
                assertThat(second.health().connections().get(0).connects()).isOne();
            }
        }
    }

    /** Fenced, it looks whether Kafka ended its transaction because that took too long or because another bridge took over. */
    @Tag("chaos")
    @Test
    void frozenBridge_wakingUpBehindItsSuccessor_stopsAndDeliversExactlyOnce() throws Exception {
        Ledger ledger = new Ledger("q2-zombie-" + round, TOPICS);
        try (Tally tally = tally(ledger);
                BridgeProcess zombie = BridgeProcess.start(setup(ledger), HEAP).awaitRunning();
                Publisher publisher = publisher(ledger)) {
            awaitMore(ledger, 1_000 + random.nextInt(500));
            zombie.pause();
            try (Bridge successor = setup(ledger).build().start()) {
                awaitMore(ledger, 1_000);
                zombie.resume();
                await().atMost(PATIENCE).until(() -> zombie.log().contains("Route 'faults' has stopped"));
                awaitMore(ledger, 500);
                publisher.stop();

                judge("zombie", 1, tally, successor);
                assertThat(successor.state()).isEqualTo(BridgeState.RUNNING);
                assertThat(successor.health().connections().get(0).connects()).isOne();
            }
        }
    }

    /** Kafka knows ids of messages that the broker has forgotten; it gives them to others. */
    @Tag("chaos")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mosquitto_losingTheSession_makesNothingLookLikeARepetition(boolean bridgeKilledToo, @TempDir Path data)
            throws Exception {
        Ledger ledger = new Ledger("q2-session-lost-" + bridgeKilledToo + "-" + round, TOPICS);
        int each = 200;
        try (MosquittoBroker mqtt =
                        MosquittoBroker.builder().persistenceDirectory(data).start();
                Tally tally = tally(ledger);
                FaultProxy proxy = FaultProxy.to(mqtt);
                BridgeProcess bridge =
                        BridgeProcess.start(setup(proxy, ledger), HEAP).awaitRunning()) {
            // every message is in Kafka, and no PUBREC has arrived
            proxy.pause(Direction.CLIENT_TO_SERVER);
            publish(mqtt, ledger, each);
            await().atMost(PATIENCE).until(() -> tally.records() == each);
            if (bridgeKilledToo) {
                bridge.kill();
            }
            proxy.refuse();
            proxy.cutAll();
            mqtt.stop();
            deleteAllIn(data);
            mqtt.restart();
            proxy.resume(Direction.CLIENT_TO_SERVER);
            proxy.accept();
            if (bridgeKilledToo) {
                bridge.start();
                bridge.awaitRunning();
            } else {
                await().atMost(PATIENCE).until(() -> bridge.log().contains("has lost the session"));
                await().atMost(PATIENCE).until(() -> bridge.log().split("is connected to", -1).length == 3);
            }
            publish(mqtt, ledger, each);

            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf("Qos2FaultsIT session lost, bridge killed %b: %s%n", bridgeKilledToo, verdict);
            Totals.add(2, bridgeKilledToo ? 1 : 0, 1, verdict, List.of());
            assertThat(verdict).isEqualTo(new Verdict(2 * each, 2 * each, 0, 0, 0, 0, 0));
            bridge.terminate();
        }
    }

    private static void deleteAllIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    private static void publish(MosquittoBroker mqtt, Ledger ledger, int messages) {
        try (Publisher publisher = Publisher.start(mqtt, ledger, 2, BYTES, PER_SECOND, messages)) {
            publisher.finish();
        }
    }

    private static Tally tally(Ledger ledger) {
        return Tally.start(BROKERS.kafka(), ledger);
    }

    private static Publisher publisher(Ledger ledger) {
        return Publisher.start(BROKERS.mqtt(), ledger, 2, BYTES, PER_SECOND);
    }

    private static MqttPacketTap tap(Retractions retractions, PacketTrail trail) {
        return new MqttPacketTap((connection, direction, packet) -> {
            retractions.see(connection, direction, packet);
            trail.see(connection, direction, packet);
        });
    }

    private static Setup setup(Ledger ledger) {
        return setup(BROKERS.mqtt().serverUri(), ledger);
    }

    private static Setup setup(FaultProxy proxy, Ledger ledger) {
        return setup(proxy.serverUri(), ledger);
    }

    private static Setup setup(String mqttUri, Ledger ledger) {
        return Setup.of(mqttUri, BROKERS.kafka().bootstrapServers(), ledger.run(), 2)
                .transactionTimeout(TRANSACTION_TIMEOUT_MILLIS);
    }

    private static void awaitMore(Ledger ledger, int messages) {
        int until = ledger.acknowledged() + messages;
        await().atMost(PATIENCE).until(() -> ledger.acknowledged() >= until);
    }

    private void judge(String what, int faults, Tally tally, Bridge bridge) {
        Verdict verdict = tally.settle(PATIENCE);
        print(what, bridge, verdict);
        Totals.add(2, 0, faults, verdict, List.of());
        assertSound(verdict);
        assertThat(verdict.duplicated()).as("duplicated; %s", verdict).isZero();
    }

    /**
     * What mosquitto sends again although it has released it, nobody can tell from a new message. It does so when it restarts, and
     * when a connection ends before it has released again what was released on the one before.
     */
    private void judge(
            String what, int faults, Tally tally, Bridge bridge, Retractions retractions, PacketTrail trail) {
        Verdict verdict = tally.settle(PATIENCE);
        print(what + ", taken back " + retractions.count(), bridge, verdict);
        Totals.add(2, 0, faults, verdict, List.of());
        assertSound(verdict);
        assertThat(tally.unexplained(retractions))
                .as(() -> "duplicated and not taken back; %s%n%s"
                        .formatted(verdict, trail.of(tally.unexplainedMessages(retractions))))
                .isZero();
    }

    private void print(String what, Bridge bridge, Verdict verdict) {
        System.out.printf(
                "Qos2FaultsIT %s: round %d, seed %d, connects %d, %s%n",
                what, round, seed, bridge.health().connections().get(0).connects(), verdict);
    }

    private static void assertSound(Verdict verdict) {
        assertThat(verdict.lost()).as("lost; %s", verdict).isZero();
        assertThat(verdict.reordered()).as("reordered; %s", verdict).isZero();
        assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
        assertThat(verdict.misrouted()).as("misrouted; %s", verdict).isZero();
    }
}
