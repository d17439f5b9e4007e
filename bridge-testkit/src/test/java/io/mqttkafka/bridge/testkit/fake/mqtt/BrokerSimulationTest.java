package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The broker keeps the promises of QoS 1 and 2 between two clients, however often their connections are cut. */
class BrokerSimulationTest {

    private static final int SEEDS = 60;
    private static final int MESSAGES = 40;
    private static final int STEPS = 100_000;

    @Test
    void qos1_connectionsCutByChance_losesNothingAndKeepsTheOrder() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            List<String> received = run(1, seed);

            assertThat(List.copyOf(new LinkedHashSet<>(received)))
                    .as("seed %d", seed)
                    .isEqualTo(payloads());
        }
    }

    @Test
    void qos2_connectionsCutByChance_deliversEachOnceInOrder() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(run(2, seed)).as("seed %d", seed).isEqualTo(payloads());
        }
    }

    /** Returns what the subscriber received. */
    private static List<String> run(int qos, long seed) {
        SwitchboardFixture broker = new SwitchboardFixture();
        ModelClient subscriber = new ModelClient(broker.switchboard, "s", "a");
        ModelClient publisher = new ModelClient(broker.switchboard, "p", "nothing");
        while (subscriber.step()) {
            // connects and subscribes before anything goes wrong
        }
        addFaults(broker.faults().seed(seed));
        payloads().forEach(payload -> publisher.publish("a", payload, qos));
        for (int step = 0; step < STEPS; step++) {
            boolean busy = publisher.step() | subscriber.step();
            if (!busy && publisher.isDone() && isIdle(broker)) {
                assertThat(broker.faults().happened()).as("seed %d", seed).isNotEmpty();
                return subscriber.received;
            }
        }
        throw new AssertionError("Seed " + seed + " never comes to an end:\n" + broker.switchboard.packetLog());
    }

    private static void addFaults(FaultScript faults) {
        for (MqttPacketType type :
                List.of(MqttPacketType.PUBACK, MqttPacketType.PUBREC, MqttPacketType.PUBREL, MqttPacketType.PUBCOMP)) {
            faults.on(type).withProbability(0.03).dropConnection();
            faults.after(type).withProbability(0.03).closeConnection();
        }
        faults.on(MqttPacketType.PUBLISH).toClient().withProbability(0.03).dropConnection();
        faults.on(MqttPacketType.PUBLISH).fromClient().withProbability(0.01).dropConnection();
        faults.after(MqttPacketType.PUBLISH).fromClient().withProbability(0.01).closeConnection();
        faults.on(MqttPacketType.CONNACK).withProbability(0.1).dropConnection();
    }

    private static boolean isIdle(SwitchboardFixture broker) {
        return broker.switchboard.ask(core -> core.session("s")
                .filter(session -> session.inFlight().isEmpty() && session.queued() == 0)
                .isPresent());
    }

    private static List<String> payloads() {
        return IntStream.range(0, MESSAGES).mapToObj(String::valueOf).toList();
    }
}
