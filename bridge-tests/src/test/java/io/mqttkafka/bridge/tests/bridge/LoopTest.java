package io.mqttkafka.bridge.tests.bridge;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Looped;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mirror of the same topics in both directions, packet by packet: what is marked, and what goes no further. */
class LoopTest {
    private static final String MARKER = "bridge.origin";

    private final Engine engine = new Engine();
    private ScriptedConnection in;
    private ScriptedConnection out;

    @BeforeEach
    void createTopics() {
        engine.kafka.log.createTopic("t");
        engine.kafka.log.createTopic("u");
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void start(QoS qos) {
        engine.route("a/{k}", qos, "t", r -> r.key("{k}").onFailure(f -> f.deadLetter("dead")))
                .route(Route.fromKafka("t")
                        .group("g")
                        .toMqtt("a/{key}")
                        .name("out")
                        .onFailure(f -> f.deadLetter("dead"))
                        .build())
                .loops(l -> l.allowFeedback())
                .start();
        in = engine.established(false);
        out = engine.broker.accept();
        out.handshake(false);
        engine.awaitStarted();
    }

    private RouteCounts counts(String route) {
        return engine.bridge().health().route(route).total();
    }

    private static PublishPacket marked(int packetId, String topic, String payload, String marker) {
        return PublishPacket.to(topic)
                .qos(1)
                .packetId(packetId)
                .payload(payload)
                .userProperty(MARKER, marker)
                .build();
    }

    private static String marker(PublishPacket packet) {
        return packet.properties().userProperties().stream()
                .filter(property -> property.getKey().equals(MARKER))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void messageFromMqtt_isMarked_andNotPublishedBack() {
        start(QoS.AT_LEAST_ONCE);
        in.publish(qos1(1, "a/1", "on"));
        Sent sent = engine.kafka.next("on");
        assertThat(sent.headers()).singleElement().asString().matches("bridge.origin=layer-b;1;[0-9a-f]{16}");
        sent.confirm();
        in.expectPuback(1);

        engine.kafka.log.append("t", "1", "on", MARKER, sent.headers().get(0).substring(MARKER.length() + 1));

        await().until(() -> engine.kafka.log.committed("t") == 1);
        out.expectNothing(QUIET);
        await().untilAsserted(() -> assertThat(counts("out"))
                .isEqualTo(RouteCounts.builder()
                        .received(1)
                        .acknowledged(1)
                        .looped(1)
                        .build()));
        assertThat(engine.event(Looped.class)).isEqualTo(new Looped("out", "t-0@0"));
    }

    @Test
    void recordFromKafka_isMarked_andNotWrittenBack_butAcknowledged() {
        start(QoS.EXACTLY_ONCE);
        engine.kafka.log.append("t", "1", "on", "colour", "red");
        PublishPacket published = out.expectPublish();
        assertThat(published.properties().userProperties()).hasSize(2);
        assertThat(marker(published)).matches("layer-b;1;[0-9a-f]{16}");
        out.puback(published.packetId());

        in.publish(marked(1, "a/1", "on", marker(published)), marked(2, "a/1", "on", marker(published)));

        in.expectPuback(1);
        in.expectPuback(2);
        engine.kafka.expectNothing(QUIET);
        await().untilAsserted(() -> assertThat(counts("t"))
                .isEqualTo(RouteCounts.builder()
                        .received(2)
                        .acknowledged(2)
                        .looped(2)
                        .build()));
        engine.event(Looped.class);
        assertThat(engine.events(Looped.class)).containsExactly(new Looped("t", "a/1"));
    }

    @Test
    void markerOfAnotherBridge_isReplacedByOurs_otherHeadersStay() {
        start(QoS.AT_LEAST_ONCE);

        in.publish(PublishPacket.to("a/1")
                .qos(1)
                .packetId(1)
                .payload("on")
                .userProperty(MARKER, "other;3;0123456789abcdef")
                .userProperty("colour", "red")
                .build());

        Sent sent = engine.kafka.next("on");
        assertThat(sent.headers()).hasSize(2).first().isEqualTo("colour=red");
        assertThat(sent.headers().get(1)).startsWith(MARKER + "=layer-b;4;");
    }

    @Test
    void tooManyHops_goToTheDeadLetters_inBothDirections() {
        start(QoS.AT_LEAST_ONCE);
        String tired = "other;8;0123456789abcdef";

        in.publish(marked(1, "a/1", "fromMqtt", tired));
        Sent dead = engine.kafka.next("fromMqtt");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.headers()).contains(MARKER + "=" + tired, "bridge.dead-letter.attempts=1");
        dead.confirm();
        in.expectPuback(1);
        engine.kafka.log.append("t", "1", "fromKafka", MARKER, tired);

        Sent other = engine.kafka.next("fromKafka");
        assertThat(other.record.topic()).isEqualTo("dead");
        assertThat(other.headers()).contains(MARKER + "=" + tired);
        other.confirm();
        await().until(() -> engine.kafka.log.committed("t") == 1);
        assertThat(engine.events(DeadLettered.class, 2))
                .allSatisfy(event -> assertThat(event.cause()).hasMessageContaining("has passed 8 bridges"));
    }

    /** Whoever may publish can claim any number: by the default policy that would stop the route for everybody. */
    @ParameterizedTest
    @ValueSource(strings = {"x;9;0123456789abcdef", "layer-b;999999;0123456789abcdef", "a;b;8;0123456789abcdef"})
    void forgedHops_costTheirOwnMessageAlone_inBothDirections(String forged) {
        engine.route("a/{k}", QoS.AT_LEAST_ONCE, "t", r -> r.key("{k}"))
                .route(Route.fromKafka("t")
                        .group("g")
                        .toMqtt("a/{key}")
                        .name("out")
                        .build())
                .loops(l -> l.allowFeedback())
                .start();
        in = engine.established(false);
        out = engine.broker.accept();
        out.handshake(false);
        engine.awaitStarted();

        in.publish(marked(1, "a/1", "forged", forged), qos1(2, "a/1", "honest"));
        engine.kafka.next("honest").confirm();
        in.expectPuback(1);
        in.expectPuback(2);
        engine.kafka.log.append("t", "1", "forged", MARKER, forged);
        engine.kafka.log.append("t", "1", "honest");

        PublishPacket published = out.expectPublish();
        assertThat(published.payloadText()).isEqualTo("honest");
        out.puback(published.packetId());
        await().until(() -> engine.kafka.log.committed("t") == 2);
        assertThat(counts("t").looped()).isOne();
        assertThat(counts("out").looped()).isOne();
        engine.expectNoEvent(RouteStopped.class);
    }

    /** None of them is a marker: the message counts as one that comes from nowhere. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", ";", ";;", "9", "x;-9;0123456789abcdef", "x;9999999;0123456789abcdef", "x;;0123456789abcdef"
            })
    void whatIsNoMarker_isNotBelieved(String forged) {
        engine.route("a/{k}", QoS.AT_LEAST_ONCE, "t", r -> r.key("{k}"))
                .loops(l -> l.guarded(true))
                .start();
        in = engine.established(false);
        engine.awaitStarted();

        in.publish(marked(1, "a/1", "x", forged));

        assertThat(engine.kafka.next("x").headers()).singleElement().asString().startsWith(MARKER + "=layer-b;1;");
    }

    @Test
    void oneDirection_handsMarkersOn_andMakesNone() {
        in = engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        in.publish(qos1(1, "a/1", "plain"), marked(2, "a/1", "marked", "other;8;0123456789abcdef"));

        assertThat(engine.kafka.next("plain").headers()).isEmpty();
        assertThat(engine.kafka.next("marked").headers()).containsExactly(MARKER + "=other;8;0123456789abcdef");
    }

    @Test
    void oneDirection_fromKafka_handsMarkersOn() {
        out = engine.route(Route.fromKafka("t").group("g").toMqtt("a/{key}").build())
                .publishing();
        engine.kafka.log.append("t", "1", "x", MARKER, "other;8;0123456789abcdef");

        assertThat(marker(out.expectPublish())).isEqualTo("other;8;0123456789abcdef");
    }

    @Test
    void guardOff_inBothDirections_marksNothing() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .route(Route.fromKafka("u").group("g").toMqtt("b/{key}").build())
                .loops(l -> l.guarded(false))
                .start();
        in = engine.established(false);
        out = engine.broker.accept();
        out.handshake(false);
        engine.awaitStarted();

        in.publish(qos1(1, "a/1", "x"));
        engine.kafka.log.append("u", "1", "y");

        assertThat(engine.kafka.next("x").headers()).isEmpty();
        assertThat(out.expectPublish().properties().userProperties()).isEmpty();
    }
}
