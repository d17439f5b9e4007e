package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Topics that a route from Kafka reads and that are deleted, made anew, grown, closed and opened again while records are under
 * way, on a real Kafka. Another route goes on all the while.
 */
class CommandTopicFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int SOME = 50;

    private static EmbeddedKafka kafka;

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();

    // Its own for every test: neither groups nor sessions of another get in the way.
    private final String topic = "t-" + UUID.randomUUID();
    private final String other = "other-" + UUID.randomUUID();
    private final String group = "g-" + UUID.randomUUID();
    private String protocol = "consumer";

    @BeforeAll
    static void startKafka() {
        kafka = Rights.startKafka();
    }

    @AfterAll
    static void stopKafka() {
        kafka.close();
    }

    @AfterEach
    void close() {
        mqtt.close();
    }

    private Bridge start(QoS qos) {
        kafka.createTopic(topic, 1);
        kafka.createTopic(other, 1);
        return Bridge.builder()
                .mqtt(m ->
                        m.serverUri(mqtt.serverUri()).clientId("edge-" + topic).sessionExpiry(Duration.ofHours(1)))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers())
                        .consumer("group.protocol", protocol)
                        .transactions(transactions -> transactions.stateTopic("state-" + topic)))
                .route(route(topic, qos))
                .route(route(other, qos))
                .drainTimeout(Duration.ofSeconds(1))
                .build()
                .start();
    }

    private Route route(String name, QoS qos) {
        ToMqtt<byte[]> route = Route.fromKafka(name)
                .group(group + name)
                .toMqtt("out/" + name)
                .name(name)
                .qos(qos);
        // Nobody subscribes: what was published is in the broker's log.
        return (qos == QoS.AT_MOST_ONCE ? route : route.noSubscribers(NoSubscribers.accept())).build();
    }

    /** Writes so many records, numbered from 0, each in one of the partitions. */
    private static void write(String name, String prefix, int count) {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(writing(), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(name, Integer.toString(i), prefix + i));
            }
            producer.flush();
        }
    }

    private static Map<String, Object> writing() {
        // In a partition that is being made Kafka can take the second batch and then refuse the first for ever.
        return Map.of("bootstrap.servers", kafka.bootstrapServers(), "max.in.flight.requests.per.connection", 1);
    }

    private static List<String> numbered(String prefix, int count) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(prefix + i);
        }
        return all;
    }

    /** What was published with this prefix, in order, repetitions of the protocol left out. */
    private List<String> published(String name, String prefix) {
        return mqtt.packets().stream()
                .map(logged -> logged.packet())
                .filter(packet -> packet.type() == MqttPacketType.PUBLISH)
                .map(MqttPacket::publish)
                .filter(packet -> packet.topic().equals("out/" + name) && !packet.dup())
                .map(PublishPacket::payloadText)
                .filter(text -> text.startsWith(prefix))
                .toList();
    }

    private void awaitPublished(String name, String prefix, int count) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(published(name, prefix)).containsAll(numbered(prefix, count)));
    }

    private void awaitOtherGoesOn(String prefix) {
        write(other, prefix, SOME);
        awaitPublished(other, prefix, SOME);
        assertThat(published(other, prefix)).containsExactlyElementsOf(numbered(prefix, SOME));
    }

    private static RouteHealth health(Bridge bridge, String name) {
        return bridge.health().routes().stream()
                .filter(route -> route.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void delete(String name) {
        change(admin -> admin.deleteTopics(List.of(name)).all().get());
        change(admin -> {
            while (admin.listTopics().names().get().contains(name)) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        });
    }

    private interface Change {
        void in(Admin admin) throws ExecutionException, InterruptedException;
    }

    private static void change(Change change) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            change.in(admin);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The new topic is longer than the old one when it is noticed: its first records would be passed over in silence. */
    @Test
    void madeAnewAndLonger_exactlyOnce_isReadFromItsBeginning() {
        madeAnewAtOnce(QoS.EXACTLY_ONCE);
    }

    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({"AT_MOST_ONCE,consumer", "AT_LEAST_ONCE,consumer", "AT_LEAST_ONCE,classic", "EXACTLY_ONCE,classic"})
    void madeAnewAndLonger_isReadFromItsBeginning(QoS qos, String groupProtocol) {
        protocol = groupProtocol;
        madeAnewAtOnce(qos);
    }

    private void madeAnewAtOnce(QoS qos) {
        try (Bridge bridge = start(qos)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);

            delete(topic);
            kafka.createTopic(topic, 1);
            write(topic, "new-", 2 * SOME);

            awaitPublished(topic, "new-", 2 * SOME);
            awaitOtherGoesOn("while-");
            assertThat(health(bridge, topic).running()).isTrue();
            write(topic, "later-", SOME);
            awaitPublished(topic, "later-", SOME);
        }
    }

    @Tag("chaos")
    @ParameterizedTest
    @CsvSource({
        "AT_MOST_ONCE,consumer",
        "AT_LEAST_ONCE,consumer",
        "EXACTLY_ONCE,consumer",
        "AT_LEAST_ONCE,classic",
        "EXACTLY_ONCE,classic"
    })
    void deleted_isTold_andReadWhenItIsMadeAgain(QoS qos, String groupProtocol) {
        protocol = groupProtocol;
        try (Bridge bridge = start(qos)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);

            delete(topic);
            await().atMost(PATIENCE)
                    .until(() ->
                            String.valueOf(health(bridge, topic).lastError()).contains("does not exist any more"));
            awaitOtherGoesOn("meanwhile-");
            assertThat(health(bridge, topic).running()).isTrue();

            kafka.createTopic(topic, 1);
            write(topic, "new-", SOME);
            awaitPublished(topic, "new-", SOME);
            if (qos == QoS.EXACTLY_ONCE) {
                assertThat(published(topic, "new-")).containsExactlyElementsOf(numbered("new-", SOME));
            }
        }
    }

    @Tag("chaos")
    @ParameterizedTest
    @ValueSource(strings = {"consumer", "classic"})
    void grown_newPartitionsAreReadFromTheirBeginning(String groupProtocol) {
        protocol = groupProtocol;
        try (Bridge bridge = start(QoS.EXACTLY_ONCE)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);
            change(admin -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4)))
                    .all()
                    .get());
            write(topic, "new-", 4 * SOME);

            awaitPublished(topic, "new-", 4 * SOME);
            assertThat(published(topic, "new-")).hasSize(4 * SOME);
            awaitOtherGoesOn("while-");
            assertThat(health(bridge, topic).running()).isTrue();
        }
    }

    @Tag("chaos")
    @ParameterizedTest
    @EnumSource(QoS.class)
    void closedForAMoment_goesOn(QoS qos) {
        try (Bridge bridge = start(qos)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);
            try (Rights.Denial denial = Rights.in(kafka).deny(ResourceType.TOPIC, topic, AclOperation.READ)) {
                write(topic, "closed-", SOME);
                await().atMost(PATIENCE)
                        .until(() -> String.valueOf(health(bridge, topic).lastError())
                                .contains("authorized"));
                awaitOtherGoesOn("meanwhile-");
            }
            awaitPublished(topic, "closed-", SOME);
            assertThat(health(bridge, topic).running()).isTrue();
        }
    }

    @Tag("chaos")
    @Test
    void closedForGood_stopsAndNamesTheRight_otherRouteGoesOn() {
        try (Bridge bridge = start(QoS.AT_LEAST_ONCE);
                Rights.Denial denial = Rights.in(kafka).deny(ResourceType.TOPIC, topic, AclOperation.READ)) {
            write(topic, "closed-", SOME);
            await().atMost(PATIENCE).until(() -> !health(bridge, topic).running());
            assertThat(String.valueOf(health(bridge, topic).lastError())).contains("READ", topic);
            awaitOtherGoesOn("after-");
        }
    }

    @Tag("chaos")
    @Test
    void groupIsClosedForAMoment_goesOn() {
        try (Bridge bridge = start(QoS.EXACTLY_ONCE)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);
            try (Rights.Denial denial = Rights.in(kafka).deny(ResourceType.GROUP, group + topic, AclOperation.READ)) {
                write(topic, "closed-", SOME);
                await().atMost(PATIENCE)
                        .until(() -> String.valueOf(health(bridge, topic).lastError())
                                .contains("authorized"));
                awaitOtherGoesOn("meanwhile-");
            }
            awaitPublished(topic, "closed-", SOME);
            assertThat(published(topic, "closed-")).containsExactlyElementsOf(numbered("closed-", SOME));
        }
    }

    @Tag("chaos")
    @Test
    void stateTopicIsClosedForAMoment_isTold_andNothingIsRepeated() {
        try (Bridge bridge = start(QoS.EXACTLY_ONCE)) {
            write(topic, "old-", SOME);
            awaitPublished(topic, "old-", SOME);
            try (Rights.Denial denial =
                    Rights.in(kafka).deny(ResourceType.TOPIC, "state-" + topic, AclOperation.WRITE)) {
                write(topic, "closed-", SOME);
                await().atMost(PATIENCE).until(() -> bridge.health().connections().stream()
                        .anyMatch(one -> String.valueOf(one.lastError()).contains("state-" + topic)));
                assertThat(bridge.health().healthy()).isFalse();
            }
            awaitPublished(topic, "closed-", SOME);
            assertThat(published(topic, "closed-")).containsExactlyElementsOf(numbered("closed-", SOME));
        }
    }
}
