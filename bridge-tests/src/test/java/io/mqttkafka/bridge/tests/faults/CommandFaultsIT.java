package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands from Kafka to devices while brokers restart, connections break and partitions change hands: {@code -Pchaos}. */
@Tag("chaos")
class CommandFaultsIT {
    private static final int KEYS = 8;
    private static final int FEWEST_COMMANDS = 500;
    private static final int PARTITIONS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static EmbeddedKafka kafka;

    @BeforeAll
    static void startKafka() {
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopKafka() {
        if (kafka != null) {
            kafka.close();
        }
    }

    private static Commander commander(String topic) {
        return new Commander(kafka.bootstrapServers(), topic, KEYS, PARTITIONS, FEWEST_COMMANDS, Commander.FAST);
    }

    private static Bridge bridge(String mqttUri, String clientId, String topic, QoS qos, String groupProtocol) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqttUri)
                        .clientId(clientId)
                        .reconnect(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))))
                .kafka(k -> {
                    k.bootstrapServers(kafka.bootstrapServers());
                    if (groupProtocol != null) {
                        k.consumer("group.protocol", groupProtocol);
                    }
                })
                .route(Route.fromKafka(topic)
                        .group("group-of-" + topic)
                        .toMqtt("devices/{key}/cmd")
                        .qos(qos)
                        .name("commands")
                        .build())
                .build();
    }

    /** Waits until every command has arrived and every offset is committed; returns how many commands came again. */
    private static int settle(String what, CommandSubscriber subscriber, Commander commander, String topic) {
        int commands = commander.stop();
        await("all commands").atMost(PATIENCE).until(() -> subscriber.different() == KEYS * commands);
        await("all offsets").atMost(PATIENCE).until(() -> committed(topic) == (long) KEYS * commands);
        int repeated = subscriber.judge(KEYS, commands);
        System.out.printf(
                Locale.ROOT,
                "%s: %,d commands, 0 lost, %,d repeated, 0 out of order%n",
                what,
                KEYS * commands,
                repeated);
        return repeated;
    }

    /** The sum of the offsets that the group has committed. */
    private static long committed(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            return admin
                    .listConsumerGroupOffsets("group-of-" + topic)
                    .partitionsToOffsetAndMetadata()
                    .get(10, TimeUnit.SECONDS)
                    .values()
                    .stream()
                    .mapToLong(offset -> offset == null ? 0 : offset.offset())
                    .sum();
        }
    }

    @Test
    void mosquitto_restarted_losesNothing() {
        assumeTrue(MosquittoBroker.available(), "skipped: mosquitto is not installed");
        kafka.createTopic("restarted", PARTITIONS);
        try (MosquittoBroker mqtt = MosquittoBroker.start();
                CommandSubscriber subscriber = CommandSubscriber.connect(mqtt.serverUri(), "devices", 1);
                Bridge bridge = bridge(mqtt.serverUri(), "restarted", "restarted", QoS.AT_LEAST_ONCE, null)
                        .start();
                Commander commander = commander("restarted")) {
            await().atMost(PATIENCE).until(() -> subscriber.count() > 500);
            mqtt.restart();
            subscriber.connect();

            settle("mosquitto restarted", subscriber, commander, "restarted");
            assertThat(bridge.health().connections().get(0).connects()).isGreaterThan(1);
        }
    }

    @Test
    void connection_cutAgainAndAgain_qos2_losesAndRepeatsNothing() {
        assumeTrue(MosquittoBroker.available(), "skipped: mosquitto is not installed");
        kafka.createTopic("cut", PARTITIONS);
        try (MosquittoBroker mqtt = MosquittoBroker.start();
                FaultProxy proxy = FaultProxy.to(mqtt);
                CommandSubscriber subscriber = CommandSubscriber.connect(mqtt.serverUri(), "devices", 2);
                Bridge bridge = bridge(proxy.serverUri(), "cut", "cut", QoS.EXACTLY_ONCE, null)
                        .start();
                Commander commander = commander("cut")) {
            for (int cut = 1; cut <= 5; cut++) {
                int before = subscriber.count();
                await().atMost(PATIENCE).until(() -> subscriber.count() > before + 200);
                proxy.cutAll();
            }

            assertThat(settle("QoS 2, connection cut 5 times", subscriber, commander, "cut"))
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"consumer", "classic"})
    void partitions_changeHands_inFlight_losesNothing(String groupProtocol) throws Exception {
        String topic = "hands-" + groupProtocol;
        kafka.createTopic(topic, PARTITIONS);
        // Left out, the bridge has to find out by itself that the broker has the new protocol.
        String protocol = groupProtocol.equals("classic") ? groupProtocol : null;
        try (EmbeddedMqttBroker mqtt = EmbeddedMqttBroker.start();
                CommandSubscriber subscriber = CommandSubscriber.connect(mqtt.serverUri(), "devices", 1);
                Bridge first = bridge(mqtt.serverUri(), "first", topic, QoS.AT_LEAST_ONCE, protocol)
                        .start();
                Commander commander = commander(topic)) {
            await().atMost(PATIENCE).until(() -> subscriber.count() > 500);
            assertThat(typeOfGroup("group-of-" + topic)).isEqualTo(groupProtocol);
            try (Bridge second = bridge(mqtt.serverUri(), "second", topic, QoS.AT_LEAST_ONCE, protocol)
                    .start()) {
                await("both take part").atMost(PATIENCE).until(() -> delivered(second) > 100);
                first.close();

                settle("partitions changed hands, " + groupProtocol, subscriber, commander, topic);
            }
        }
    }

    /** What Kafka says of a group: that of the new protocol is called "consumer" too. */
    private static String typeOfGroup(String group) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            return admin.listGroups().valid().get(30, TimeUnit.SECONDS).stream()
                    .filter(listing -> listing.groupId().equals(group))
                    .findFirst()
                    .flatMap(GroupListing::type)
                    .orElseThrow()
                    .toString()
                    .toLowerCase(Locale.ROOT);
        }
    }

    private static long delivered(Bridge bridge) {
        return bridge.health().route("commands").total().delivered();
    }
}
