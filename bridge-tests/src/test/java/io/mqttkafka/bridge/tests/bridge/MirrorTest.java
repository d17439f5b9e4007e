package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bridges in both directions between a broker and a Kafka that hand everything on: what could go round does not. */
class MirrorTest {
    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();
    private Bridge bridge;

    @AfterEach
    void close() {
        if (bridge != null) {
            bridge.close();
        }
        mqtt.close();
        kafka.close();
    }

    private void start(Consumer<LoopOptions.Builder> loops, Route... routes) {
        var builder = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .loops(loops);
        List.of(routes).forEach(builder::route);
        bridge = builder.build().start();
    }

    private static Route in(String filter, QoS qos, String topic) {
        return Route.fromMqtt(filter)
                .qos(qos)
                .toKafka(topic)
                .key("{topic}")
                .name("in " + topic)
                .onFailure(f -> f.deadLetter("dead"))
                .build();
    }

    private static Route out(String topic, QoS qos, String template) {
        return Route.fromKafka(topic)
                .group("group-" + topic)
                .toMqtt(template)
                .qos(qos)
                .name("out " + topic)
                .onFailure(f -> f.deadLetter("dead"))
                .build();
    }

    private RouteCounts counts(String route) {
        return bridge.health().route(route).total();
    }

    private long published() {
        return mqtt.packets().stream()
                .filter(logged -> logged.clientId().equals("edge-1-out"))
                .filter(logged -> logged.packet().type() == MqttPacketType.PUBLISH)
                .count();
    }

    @ParameterizedTest
    @CsvSource({"AT_MOST_ONCE", "AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void mirror_eachMessageGoesOver_andNotBack(QoS qos) {
        start(l -> l.allowFeedback(), in("a/+", qos, "t"), out("t", qos, "{key}"));

        for (int i = 0; i < 20; i++) {
            mqtt.publish("a/1", "m" + i, qos.level());
            kafka.produce("t", "a/2", "k" + i);
        }

        await().until(() -> counts("in t").looped() == 20 && counts("out t").looped() == 20);
        assertThat(kafka.values("t")).hasSize(40).doesNotHaveDuplicates();
        assertThat(published()).isEqualTo(20);
        await().until(() -> counts("in t").delivered() == 20);
        await().until(() -> counts("out t").delivered() == 20);
        mqtt.awaitAllAcknowledged("edge-1");
        kafka.awaitCommitted("group-t", "t", 0, 40);
        assertThat(mqtt.violations()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void retainedMessagesAndCompactedTopic_mirrorEachOther_clearingIncluded(QoS qos) {
        start(
                l -> l.allowFeedback(),
                Route.fromMqtt("state/+")
                        .qos(qos)
                        .toKafka("t")
                        .clearedAsTombstone()
                        .name("in t")
                        .build(),
                Route.fromKafka("t")
                        .group("group-t")
                        .toMqtt("{key}")
                        .qos(qos)
                        .retain(true)
                        .clearOnTombstone()
                        .name("out t")
                        .build());

        mqtt.publishRetained("state/1", "on");
        await().until(() -> counts("out t").looped() == 1);
        kafka.produce("t", "state/2", "on");
        await().until(() -> counts("in t").looped() == 1);
        assertThat(mqtt.retained()).containsOnlyKeys("state/1", "state/2");

        mqtt.publishRetained("state/1", "");
        await().until(() -> counts("out t").looped() == 2);
        kafka.produce(new ProducerRecord<>("t", "state/2".getBytes(StandardCharsets.UTF_8), null));
        await().until(() -> counts("in t").looped() == 2);

        assertThat(mqtt.retained()).isEmpty();
        assertThat(kafka.records("t"))
                .extracting(record -> new String(record.key(), StandardCharsets.UTF_8)
                        + (record.value() == null ? " cleared" : " set"))
                .containsExactly("state/1 set", "state/2 set", "state/1 cleared", "state/2 cleared");
        mqtt.awaitAllAcknowledged("edge-1");
        assertThat(mqtt.violations()).isEmpty();
    }

    @Test
    void mirror_withoutTheGuard_goesRound() {
        start(
                l -> l.allowFeedback().guarded(false),
                in("a/+", QoS.AT_LEAST_ONCE, "t"),
                out("t", QoS.AT_LEAST_ONCE, "{key}"));

        mqtt.publish("a/1", "on", 1);

        kafka.awaitRecords("t", 20);
    }

    @Test
    void circleOfFourRoutes_endsAtTheHopLimit() {
        start(
                l -> l.allowFeedback(),
                in("a", QoS.AT_LEAST_ONCE, "t"),
                out("t", QoS.AT_LEAST_ONCE, "b"),
                in("b", QoS.AT_LEAST_ONCE, "u"),
                out("u", QoS.AT_LEAST_ONCE, "a"));

        mqtt.publish("a", "on", 1);

        kafka.awaitRecords("dead", 1);
        mqtt.awaitAllAcknowledged("edge-1");
        assertThat(kafka.values("t")).hasSize(2);
        assertThat(kafka.values("u")).hasSize(2);
        assertThat(kafka.values("dead")).containsExactly("on");
    }

    @Test
    void relayOverKafka_toOtherTopics_goesThrough() {
        start(l -> {}, in("a/+", QoS.AT_LEAST_ONCE, "t"), out("t", QoS.AT_LEAST_ONCE, "relayed/{key}"));

        mqtt.publish("a/1", "on", 1);

        await().until(() -> published() == 1);
        assertThat(counts("out t").looped()).isZero();
    }
}
