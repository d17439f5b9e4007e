package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.testkit.broker.KafkaCluster;
import io.mqttkafka.bridge.testkit.broker.KafkaProcess;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Three Kafka brokers, of which one is killed (SIGKILL) under load and comes back. */
@ParameterizedClass(name = "round {0}")
@MethodSource(Rounds.ALL)
class FailoverIT {

    private static final int TOPICS = 2;
    private static final int PER_SECOND = 1_000;
    private static final int KILLS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    static final Brokers<KafkaCluster> BROKERS = new Brokers<>(KafkaCluster::start);

    @Parameter
    int round;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void leader_killed_losesAndRepeatsNothing(int qos) {
        Ledger ledger = new Ledger("failover-" + qos + "-" + round, TOPICS);
        List<String> topics = List.of(ledger.kafkaTopic(0), ledger.kafkaTopic(1));
        Setup setup = Setup.of(BROKERS.mqtt().serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), qos);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge bridge = setup.build().start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, qos, 100, PER_SECOND)) {
            for (int kill = 0; kill < KILLS; kill++) {
                awaitMore(ledger, 1_000);
                KafkaProcess killed = BROKERS.kafka().killLeader(topics.get(kill % TOPICS), 0);
                awaitMore(ledger, 2_000);
                killed.restart();
                BROKERS.kafka().awaitInSync(topics);
            }
            publisher.stop();

            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf(
                    "FailoverIT qos %d: round %d, leaders killed %d, connects %d, %s%n",
                    qos, round, KILLS, bridge.health().connections().get(0).connects(), verdict);
            Totals.add(qos, 0, KILLS, verdict, List.of());
            int messages = verdict.acknowledged();
            assertThat(verdict).isEqualTo(new Verdict(messages, messages, 0, 0, 0, 0, 0));
        }
    }

    /** Too few replicas are an outage of Kafka: nothing is acknowledged, and it goes on by itself. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void replicas_tooFew_nothingIsAcknowledgedUntilThereAreEnough(int qos) {
        Ledger ledger = new Ledger("min-insync-" + qos + "-" + round, 1);
        String topic = ledger.kafkaTopic(0);
        Setup setup = Setup.of(BROKERS.mqtt().serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), qos);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger, Map.of("min.insync.replicas", "3"));
                Bridge bridge = setup.build().start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, qos, 100, 100)) {
            awaitMore(ledger, 500);
            KafkaProcess killed = BROKERS.kafka().killLeader(topic, 0);
            // Longer than any timeout of a request, a topic's check or a transaction.
            await().atMost(PATIENCE)
                    .until(() -> bridge.health()
                                    .connections()
                                    .get(0)
                                    .oldestUnacknowledged()
                                    .compareTo(Duration.ofSeconds(35))
                            > 0);
            assertThat(bridge.health().routes()).allMatch(route -> route.running());
            killed.restart();
            BROKERS.kafka().awaitInSync(List.of(topic));
            publisher.stop();

            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf("FailoverIT qos %d: round %d, replicas too few, %s%n", qos, round, verdict);
            Totals.add(qos, 0, 1, verdict, List.of());
            int messages = verdict.acknowledged();
            assertThat(verdict).isEqualTo(new Verdict(messages, messages, 0, 0, 0, 0, 0));
        }
    }

    private static void awaitMore(Ledger ledger, int messages) {
        int until = ledger.acknowledged() + messages;
        await().atMost(PATIENCE).until(() -> ledger.acknowledged() >= until);
    }
}
