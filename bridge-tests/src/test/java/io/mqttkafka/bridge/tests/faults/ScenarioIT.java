package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.broker.KafkaProcess;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketTap;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A broker that is killed, retained messages by the thousand, members that come and go, descriptors that run out. */
@Tag("chaos")
class ScenarioIT {

    private static final int TOPICS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration NEXT = Duration.ofSeconds(30);

    @RegisterExtension
    static final Brokers<KafkaProcess> BROKERS = new Brokers<>(KafkaProcess::start);

    /** What one connection was sent, and what of that it has acknowledged. */
    private static final class Acknowledged {
        private final Ledger ledger;
        private final Map<String, Message> open = new ConcurrentHashMap<>();
        private final Set<Message> done = ConcurrentHashMap.newKeySet();

        Acknowledged(Ledger ledger) {
            this.ledger = ledger;
        }

        void see(int connection, Direction direction, MqttPacket packet) {
            if (packet.type() == MqttPacketType.PUBLISH && direction == Direction.SERVER_TO_CLIENT) {
                PublishPacket publish = packet.publish();
                ledger.read(publish.payload())
                        .ifPresent(message -> open.put(connection + "/" + publish.packetId(), message));
            } else if (packet.type() == MqttPacketType.PUBACK && direction == Direction.CLIENT_TO_SERVER) {
                Message message = open.remove(connection + "/" + packet.packetId());
                if (message != null) {
                    done.add(message);
                }
            }
        }
    }

    /**
     * mosquitto that is killed loses what it has not saved, its sessions too. The bridge has lost nothing if what it
     * acknowledged is in Kafka, and if it takes again what a control subscriber of its own kind takes.
     */
    @Test
    void mosquitto_killed_losesNothingThatTheBridgeHasAcknowledgedOrThatAControlSubscriberGetsLater() {
        Ledger ledger = new Ledger("mqtt-killed", TOPICS);
        Acknowledged acknowledged = new Acknowledged(ledger);
        try (MosquittoBroker mqtt = MosquittoBroker.start();
                FaultProxy proxy = FaultProxy.to(mqtt).tap(new MqttPacketTap(acknowledged::see));
                Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge bridge = Setup.of(proxy.serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), 1)
                        .build()
                        .start()) {
            try (Publisher publisher = Publisher.start(mqtt, ledger, 1, 100, 1_000)) {
                await().atMost(PATIENCE).until(() -> ledger.acknowledged() >= 2_000);
                mqtt.kill();
            }
            int before = ledger.sent();
            mqtt.restart();
            await().atMost(PATIENCE).until(() -> bridge.health().healthy());
            Set<Message> control = new HashSet<>();
            try (MqttTestClient subscriber = MqttTestClient.connect(mqtt.serverUri(), "control", true)) {
                subscriber.subscribe("in-" + ledger.run() + "/+", 1);
                try (Publisher publisher = Publisher.start(mqtt, ledger, 1, 100, 1_000, 1_000)) {
                    publisher.finish();
                }
                for (int i = 0; i < 1_000; i++) {
                    control.add(
                            ledger.read(subscriber.nextPacket(NEXT).payload()).orElseThrow());
                }
            }

            Verdict verdict = tally.settle(Duration.ofSeconds(10));
            Set<Message> inKafka = recordsOf(ledger);

            System.out.printf(
                    "ScenarioIT mosquitto killed: sent before %d, acknowledged by the bridge %d, control %d, %s%n",
                    before, acknowledged.done.size(), control.size(), verdict);
            assertThat(acknowledged.done).hasSizeGreaterThan(1_000);
            assertThat(inKafka).containsAll(acknowledged.done).containsAll(control);
            assertThat(verdict.reordered()).isZero();
            assertThat(verdict.corrupt()).isZero();
            assertThat(verdict.misrouted()).isZero();
        }
    }

    private static Set<Message> recordsOf(Ledger ledger) {
        Set<Message> found = new HashSet<>();
        for (int topic = 0; topic < ledger.topics(); topic++) {
            for (ConsumerRecord<byte[], byte[]> record : BROKERS.kafka().readAll(ledger.kafkaTopic(topic))) {
                found.add(ledger.read(record.value()).orElseThrow());
            }
        }
        return found;
    }

    @Test
    void retained_thousandsAtConnect_comeOnceAndNotAgainAfterAReconnect() throws IOException {
        int messages = 100_000;
        String topic = "retained-" + messages;
        BROKERS.kafka().createTopic(topic, 1);
        retain(messages);
        try (FaultProxy proxy = FaultProxy.to(BROKERS.mqtt());
                Bridge bridge = retainedBridge(proxy, topic)) {
            await().atMost(PATIENCE).until(() -> records(bridge) >= messages);
            proxy.cutAll();
            await().atMost(PATIENCE)
                    .until(() -> bridge.health().connections().get(0).connects() == 2
                            && bridge.health().healthy());
            try (MqttTestClient device = MqttTestClient.connect(BROKERS.mqtt().serverUri(), "live", true)) {
                device.publish("retained/live", "live", 1);
            }
            await().atMost(PATIENCE).until(() -> records(bridge) > messages);

            var records = BROKERS.kafka().readAll(topic);
            assertThat(records).hasSize(messages + 1);
            assertThat(records.stream().map(record -> text(record.key())).distinct())
                    .hasSize(messages + 1);
            assertThat(records.stream().filter(ScenarioIT::isRetained)).hasSize(messages);
        }
    }

    /** At QoS 1 over a plain socket, by MQTT 3.1.1, whose PUBACK has four bytes always. */
    private static void retain(int messages) throws IOException {
        int window = 500;
        try (Socket socket = new Socket(BROKERS.mqtt().host(), BROKERS.mqtt().port())) {
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            out.write(new byte[] {0x10, 15, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 3, 'r', 'e', 't'});
            out.flush();
            assertThat(socket.getInputStream().readNBytes(4)).hasSize(4);
            for (int i = 0; i < messages; i++) {
                byte[] topic = ("retained/" + i).getBytes(StandardCharsets.UTF_8);
                out.write(new byte[] {0x33, (byte) (topic.length + 5), 0, (byte) topic.length});
                out.write(topic);
                out.write(new byte[] {0, 1, 'v'});
                if (i % window == window - 1) {
                    out.flush();
                    assertThat(socket.getInputStream().readNBytes(4 * window)).hasSize(4 * window);
                }
            }
        }
    }

    private static Bridge retainedBridge(FaultProxy proxy, String topic) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(proxy.serverUri())
                        .clientId("retained")
                        .reconnect(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))))
                .kafka(k -> k.bootstrapServers(BROKERS.kafka().bootstrapServers()))
                .route(Route.fromMqtt("retained/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka(topic)
                        .metadataHeaders()
                        .build())
                .build()
                .start();
    }

    private static long records(Bridge bridge) {
        return bridge.health().routes().get(0).total().delivered();
    }

    private static boolean isRetained(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(
                record.headers().lastHeader("mqtt.retained").value(), "true".getBytes(StandardCharsets.UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Its session keeps a member's share while it is away, so each of them comes back. */
    @Test
    void sharedSubscription_membersJoinLeaveAndDie_losesNothing() throws Exception {
        Ledger ledger = new Ledger("shared", TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Bridge staying = member(ledger, "staying").build().start();
                BridgeProcess dying =
                        BridgeProcess.start(member(ledger, "dying"), "128m").awaitRunning();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 100, 1_000)) {
            awaitAcknowledged(ledger, 2_000);
            try (Bridge joining = member(ledger, "joining").build().start()) {
                awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
                dying.kill();
                awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
                assertThat(joining.health().routes().get(0).total().delivered()).isPositive();
            }
            awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
            dying.start();
            dying.awaitRunning();
            try (Bridge joining = member(ledger, "joining").build().start()) {
                awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
                publisher.stop();

                Verdict verdict = tally.settle(PATIENCE);

                System.out.printf("ScenarioIT shared subscription: %s%n", verdict);
                assertThat(staying.health().healthy()).isTrue();
                assertThat(joining.health().healthy()).isTrue();
                assertThat(verdict.lost()).as("lost; %s", verdict).isZero();
                assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
                assertThat(verdict.misrouted()).as("misrouted; %s", verdict).isZero();
                // What was not acknowledged when a member died or left; order holds within a member only.
                assertThat(verdict.duplicated()).as("duplicated; %s", verdict).isLessThanOrEqualTo(3_000);
            }
        }
    }

    private static Setup member(Ledger ledger, String name) {
        Setup setup = Setup.of(BROKERS.mqtt().serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), 1);
        return new Setup(
                setup.mqttUri(),
                setup.bootstrapServers(),
                "member-" + name,
                "$share/group/" + setup.filter(),
                setup.topic(),
                1,
                setup.receiveMaximum(),
                setup.keepAliveSeconds(),
                setup.maxInFlightBytes(),
                setup.transactionTimeoutMillis(),
                Versions.OF_RUN);
    }

    /** No socket can be opened, so that each attempt to connect fails; the bridge goes on by itself when one can. */
    @Test
    void descriptors_runOut_theBridgeConnectsAgainWhenThereAreSome() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "skipped: prlimit is not installed");
        Ledger ledger = new Ledger("descriptors", TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt());
                BridgeProcess bridge = BridgeProcess.start(
                                Setup.of(proxy.serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), 1),
                                "128m")
                        .awaitRunning();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 1, 100, 500)) {
            awaitAcknowledged(ledger, 1_000);
            bridge.limitDescriptors(8);
            int before = proxy.acceptedConnections();
            proxy.cutAll();
            await().atMost(PATIENCE).until(() -> bridge.log().contains("Too many open files"));
            awaitAcknowledged(ledger, ledger.acknowledged() + 2_000);
            assertThat(proxy.acceptedConnections()).isEqualTo(before);
            assertThat(bridge.isAlive()).isTrue();

            bridge.limitDescriptors(1_024);
            publisher.stop();
            Verdict verdict = tally.settle(PATIENCE);

            System.out.printf("ScenarioIT descriptors: %s%n", verdict);
            assertThat(verdict.lost()).as("lost; %s", verdict).isZero();
            assertThat(verdict.reordered()).as("reordered; %s", verdict).isZero();
            assertThat(verdict.corrupt()).as("corrupt; %s", verdict).isZero();
            bridge.terminate();
        }
    }

    private static void awaitAcknowledged(Ledger ledger, int messages) {
        await().atMost(PATIENCE).until(() -> ledger.acknowledged() >= messages);
    }
}
