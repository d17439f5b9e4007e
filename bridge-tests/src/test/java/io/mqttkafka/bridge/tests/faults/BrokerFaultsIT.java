package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.testkit.broker.KafkaProcess;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Brokers that restart, hang and disappear under load, with a bridge that stays. */
class BrokerFaultsIT {

    private static final int TOPICS = 4;
    private static final int RECEIVE_MAXIMUM = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    static final Brokers<KafkaProcess> BROKERS = new Brokers<>(KafkaProcess::start);

    @Test
    void mosquitto_restarted_losesNothing() {
        Ledger ledger = new Ledger("mqtt-restart", TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge bridge = setup(ledger).build().start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 100, 1_000)) {
            awaitAcknowledged(ledger, 2_000);
            BROKERS.mqtt().restart();
            awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
            publisher.stop();

            judge("mosquitto restarted", tally, bridge, RECEIVE_MAXIMUM);
        }
    }

    @Test
    void kafka_stoppedForFiveSeconds_losesNothing() {
        Ledger ledger = new Ledger("kafka-restart", TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge bridge = setup(ledger).build().start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 100, 1_000)) {
            awaitAcknowledged(ledger, 2_000);
            BROKERS.kafka().stop();
            awaitAcknowledged(ledger, ledger.acknowledged() + 5_000);
            BROKERS.kafka().restart();
            publisher.stop();

            judge("Kafka stopped for 5 s", tally, bridge, RECEIVE_MAXIMUM);
        }
    }

    @Test
    void kafka_hangingForTenSeconds_losesNothing() {
        Ledger ledger = new Ledger("kafka-hangs", TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge bridge = setup(ledger).keepAlive(4).build().start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 100, 1_000)) {
            awaitAcknowledged(ledger, 2_000);
            BROKERS.kafka().pause();
            try {
                awaitAcknowledged(ledger, ledger.acknowledged() + 10_000);
            } finally {
                BROKERS.kafka().resume();
            }
            publisher.stop();

            judge("Kafka hung for 10 s", tally, bridge, RECEIVE_MAXIMUM);
            // the receive maximum is reached long before the bytes are, so there is nothing to drop it for
            assertThat(bridge.health().connections().get(0).connects()).isOne();
        }
    }

    @Test
    void connection_cutInTheMiddleOfPackets_losesNothing() {
        Ledger ledger = new Ledger("cut", TOPICS);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int cuts = 12;
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt());
                Bridge bridge = Setup.of(proxy.serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), 1)
                        .build()
                        .start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 300, 2_000)) {
            for (int cut = 0; cut < cuts; cut++) {
                int before = proxy.acceptedConnections();
                boolean inbound = cut % 3 != 2;
                proxy.cutAfterBytes(
                        inbound ? Direction.SERVER_TO_CLIENT : Direction.CLIENT_TO_SERVER,
                        inbound ? 20_000 + random.nextInt(100_000) : 500 + random.nextInt(2_000));
                await().atMost(PATIENCE).until(() -> proxy.acceptedConnections() > before);
            }
            publisher.stop();

            judge("cut " + cuts + " times, seed " + seed, tally, bridge, cuts * RECEIVE_MAXIMUM);
        }
    }

    @Test
    void smallHeap_backlogOfTwentyThousandLargeMessages_losesNothing() throws Exception {
        smallHeap("small-heap", () -> BROKERS.kafka().pause(), () -> BROKERS.kafka()
                .resume());
    }

    @Tag("chaos")
    @Test
    void smallHeap_backlogWhileKafkaIsStopped_losesNothing() throws Exception {
        smallHeap("small-heap-stopped", () -> BROKERS.kafka().stop(), () -> BROKERS.kafka()
                .restart());
    }

    private static void smallHeap(String run, Runnable away, Runnable back) throws Exception {
        Ledger ledger = new Ledger(run, TOPICS);
        int messages = 20_000;
        Setup setup = setup(ledger).keepAlive(4).receiveMaximum(4_096);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                BridgeProcess bridge = BridgeProcess.start(setup, "64m").awaitRunning()) {
            away.run();
            try (Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 10_000, 10_000, messages)) {
                publisher.finish();
            } finally {
                back.run();
            }

            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf("BrokerFaultsIT %s: alive %b, %s%n", run, bridge.isAlive(), verdict);
            assertThat(bridge.log()).doesNotContain("OutOfMemoryError");
            assertThat(bridge.isAlive()).isTrue();
            assertThat(verdict.acknowledged()).isEqualTo(messages);
            assertSound(verdict, messages);
            bridge.terminate();
        }
    }

    private static Setup setup(Ledger ledger) {
        return Setup.of(BROKERS.mqtt().serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), 1)
                .receiveMaximum(RECEIVE_MAXIMUM);
    }

    private static void awaitAcknowledged(Ledger ledger, int messages) {
        await().atMost(PATIENCE).until(() -> ledger.acknowledged() >= messages);
    }

    private static void judge(String what, Tally tally, Bridge bridge, int mostDuplicated) {
        Verdict verdict = tally.settle(PATIENCE);
        System.out.printf(
                "BrokerFaultsIT %s: connects %d, %s%n",
                what, bridge.health().connections().get(0).connects(), verdict);
        assertSound(verdict, mostDuplicated);
    }

    private static void assertSound(Verdict verdict, int mostDuplicated) {
        assertThat(verdict.lost()).as("lost; %s", verdict).isZero();
        assertThat(verdict.reordered()).as("reordered; %s", verdict).isZero();
        assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
        assertThat(verdict.misrouted()).as("misrouted; %s", verdict).isZero();
        assertThat(verdict.duplicated()).as("duplicated; %s", verdict).isLessThanOrEqualTo(mostDuplicated);
    }
}
