package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Shed;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many user properties a message may have, in both directions, and what becomes of one with more. */
class UserPropertiesTest {
    private static final int MOST = 64;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    private static PublishPacket message(int packetId, int properties) {
        PublishPacket.Builder message = PublishPacket.to("a/b").payload("x" + packetId);
        if (packetId > 0) {
            message.qos(1).packetId(packetId);
        }
        for (int i = 0; i < properties; i++) {
            message.userProperty("n" + i, "v");
        }
        return message.build();
    }

    private ScriptedConnection deadLettering() {
        return engine.route("a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(f -> f.deadLetter("dead")))
                .connected();
    }

    private static long properties(Sent sent) {
        return sent.headers().stream().filter(header -> header.startsWith("n")).count();
    }

    @Test
    void asManyAsMayBe_becomeHeaders() {
        ScriptedConnection connection = deadLettering();

        connection.publish(message(1, MOST));

        Sent sent = engine.kafka.next("x1");
        assertThat(sent.record.topic()).isEqualTo("t");
        assertThat(properties(sent)).isEqualTo(MOST);
    }

    @Test
    void oneTooMany_isDeadLetteredWithItsPayloadAndTheFirstOnes() {
        ScriptedConnection connection = deadLettering();

        connection.publish(message(1, MOST + 1), message(2, 1));

        Sent dead = engine.kafka.next("x1");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(properties(dead)).isEqualTo(MOST);
        assertThat(dead.headers())
                .anyMatch(header -> header.startsWith("bridge.dead-letter.message=mqtt.maxUserProperties")
                        && header.contains("65"));
        Sent next = engine.kafka.next("x2");
        assertThat(next.record.topic()).isEqualTo("t");
        next.confirm();
        dead.confirm();
        connection.expectPuback(1);
        connection.expectPuback(2);
    }

    @Test
    void tooManyBytes_areDeadLettered() {
        ScriptedConnection connection = deadLettering();

        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload("x")
                .userProperty("n1", "v".repeat(10_000))
                .userProperty("n2", "v".repeat(10_000))
                .build());

        Sent dead = engine.kafka.next("x");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(properties(dead)).isEqualTo(1);
        assertThat(dead.headers())
                .anyMatch(header -> header.startsWith("bridge.dead-letter.message=mqtt.maxUserPropertyBytes"));
    }

    @Test
    void tooMany_skip_isAcknowledgedAndTold() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(f -> f.skip()))
                .connected();

        connection.publish(message(1, 5_000));

        connection.expectPuback(1);
        assertThat(engine.event(Skipped.class).cause()).hasMessageContaining("5000 user properties");
    }

    @Test
    void tooMany_noPolicy_stopsTheRoute() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(message(1, MOST + 1));

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("mqtt.maxUserProperties");
    }

    @Test
    void tooMany_atQos0_isShed() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(message(0, MOST + 1));
        connection.publish(qos1(1, "a/b", "next"));

        engine.kafka.next("next").confirm();
        connection.expectPuback(1);
        assertThat(engine.event(Shed.class).cause()).contains("mqtt.maxUserProperties");
    }

    @Test
    void tooMany_exactlyOnce_isDeadLetteredInItsTransaction() {
        engine.route(Route.fromMqtt("a/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka("t")
                        .name("t")
                        .onFailure(f -> f.deadLetter("dead"))
                        .build())
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        engine.kafka.transactions.next().commit();
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();
        PublishPacket.Builder message =
                PublishPacket.to("a/b").qos(2).packetId(1).payload("x");
        for (int i = 0; i <= MOST; i++) {
            message.userProperty("n" + i, "v");
        }

        connection.publish(message.build());

        engine.kafka.transactions.next("dead=x").commit();
        connection.expectPubrec(1);
        await().until(() -> engine.bridge().health().route("t").qos2().deadLettered() == 1);
        assertThat(engine.bridge().health().connections().get(0).inFlightBytes())
                .isZero();
    }

    @Test
    void moreWhereTheOptionAllowsIt_becomeHeaders() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.maxUserProperties(1_000).maxUserPropertyBytes(100_000))
                .connected();

        connection.publish(message(1, 1_000));

        assertThat(properties(engine.kafka.next("x1"))).isEqualTo(1_000);
    }

    // From Kafka.

    private ScriptedConnection publishing() {
        return engine.route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}/cmd")
                        .name("r")
                        .onFailure(f -> f.deadLetter("dead"))
                        .build())
                .publishing();
    }

    private static String[] headers(int count, String value) {
        String[] headers = new String[2 * count];
        for (int i = 0; i < count; i++) {
            headers[2 * i] = "n" + i;
            headers[2 * i + 1] = value;
        }
        return headers;
    }

    @Test
    void headers_asManyAsMayBe_becomeUserProperties() {
        ScriptedConnection connection = publishing();

        engine.kafka.log.append("commands", "7", "on", headers(MOST, "v"));

        assertThat(connection.expectPublish().properties().userProperties()).hasSize(MOST);
    }

    @Test
    void headers_oneTooMany_areDeadLettered() {
        publishing();

        engine.kafka.log.append("commands", "7", "on", headers(MOST + 1, "v"));

        Sent dead = engine.kafka.next("on");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.headers()).anyMatch(header -> header.contains("mqtt.maxUserProperties"));
    }

    @Test
    void headers_withoutEnd_areNotAllKept() {
        publishing();

        engine.kafka.log.append("commands", "7", "on", headers(50_000, ""));

        Sent dead = engine.kafka.next("on");
        assertThat(properties(dead)).isEqualTo(MOST);
        assertThat(dead.headers()).anyMatch(header -> header.contains("50000 headers"));
    }

    @Test
    void headers_tooManyBytes_areDeadLettered() {
        publishing();

        engine.kafka.log.append("commands", "7", "on", headers(20, "v".repeat(50_000)));

        Sent dead = engine.kafka.next("on");
        assertThat(properties(dead)).isLessThan(20);
        assertThat(dead.headers()).anyMatch(header -> header.contains("mqtt.maxUserPropertyBytes"));
    }
}
