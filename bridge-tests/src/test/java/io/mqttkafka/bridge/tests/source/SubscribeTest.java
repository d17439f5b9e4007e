package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket.Subscription;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SUBSCRIBE packets, and how a message finds the routes that its subscription is for. */
public class SubscribeTest {

    /** What AWS IoT Core takes. */
    private static final int MOST_FILTERS = 8;

    private static final int MOST_ROUTES = 64;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void subscribe_oneRoute_isExactlyThisPacket() {
        engine.route("a/{site}", QoS.EXACTLY_ONCE, "t.{site}").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        MqttPacket subscribe = connection.expectPacket();

        int id = subscribe.packetId();
        // No properties; QoS 2, local messages too, RETAIN as usual, retained messages for new subscriptions only.
        assertThat(subscribe.bytes()).containsExactly(0x82, 9, id >> 8, id & 0xFF, 0, 0, 3, 'a', '/', '+', 0b01_0_0_10);
    }

    @Test
    void subscribe_routesThatDoNotOverlap_shareOnePacketWithoutId() {
        engine.route("a/#", QoS.AT_MOST_ONCE, "t")
                .route("b/#", QoS.AT_LEAST_ONCE, "u")
                .route("$share/g/c", QoS.EXACTLY_ONCE, "v")
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        SubscribePacket subscribe = connection.expectSubscribe();

        assertThat(subscribe.properties().isEmpty()).isTrue();
        assertThat(subscribe.subscriptions())
                .containsExactly(subscription("a/#", 0), subscription("b/#", 1), subscription("$share/g/c", 2));
    }

    @Test
    void subscribe_sameFilterTwice_isOneSubscriptionOfTheHigherQos() {
        engine.route("a/+", QoS.AT_MOST_ONCE, "t")
                .route("a/{x}", QoS.AT_LEAST_ONCE, "u")
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        assertThat(connection.expectSubscribe().subscriptions()).containsExactly(subscription("a/+", 1));
    }

    @Test
    void subscribe_moreFiltersThanFit_takesAnotherPacket() {
        IntStream.rangeClosed(0, MOST_FILTERS).forEach(i -> engine.route("a/" + i, QoS.AT_LEAST_ONCE, "t" + i));
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        SubscribePacket first = connection.expectSubscribe();
        connection.expectNothing(QUIET);
        connection.grant(first);
        SubscribePacket second = connection.expectSubscribe();
        connection.grant(second);

        engine.awaitStarted();
        assertThat(first.filters()).hasSize(MOST_FILTERS);
        assertThat(second.filters()).containsExactly("a/" + MOST_FILTERS);
    }

    @Test
    void subscribe_routesThatOverlap_haveAPacketAndAnIdEach() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .route("a/+", QoS.AT_LEAST_ONCE, "u")
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        SubscribePacket first = granted(connection);
        SubscribePacket second = granted(connection);

        engine.awaitStarted();
        assertThat(first.filters()).containsExactly("a/#");
        assertThat(second.filters()).containsExactly("a/+");
        assertThat(first.subscriptionId().orElseThrow())
                .isNotEqualTo(second.subscriptionId().orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void publish_forMoreRoutesThanOneMessageCanGoTo_stops(int qos) {
        IntStream.rangeClosed(0, MOST_ROUTES).forEach(i -> engine.route("a/+", QoS.AT_LEAST_ONCE, "t" + i));
        ScriptedConnection connection = engine.connected();

        connection.publish(message(qos));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("route: 65 routes match 'a/b', but one message can go to 64 at the most");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void publish_forAsManyRoutesAsOneMessageCanGoTo_goesToAll(int qos) {
        IntStream.range(0, MOST_ROUTES).forEach(i -> engine.route("a/+", QoS.AT_LEAST_ONCE, "t" + i));
        ScriptedConnection connection = engine.connected();

        connection.publish(message(qos));

        IntStream.range(0, MOST_ROUTES)
                .forEach(i -> assertThat(engine.kafka.next("x").record.topic()).isEqualTo("t" + i));
    }

    private static PublishPacket message(int qos) {
        return PublishPacket.to("a/b").qos(qos).packetId(qos).payload("x").build();
    }

    @Test
    void publish_queuedBeforeTheRoutesChanged_goesToTheRouteItWasFor() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "wide")
                .route("a/c", QoS.AT_LEAST_ONCE, "other")
                .start();
        ScriptedConnection before = engine.broker.accept();
        before.handshake(false);
        int wide = (int) granted(before).subscriptionId().orElseThrow();
        granted(before);
        engine.awaitStarted();

        Engine changed = new Engine()
                .route("a/b", QoS.AT_LEAST_ONCE, "new")
                .route("a/#", QoS.AT_LEAST_ONCE, "wide")
                .start();
        try (changed) {
            ScriptedConnection after = changed.broker.accept();
            after.handshake(true);
            after.publish(PublishPacket.to("a/b")
                    .qos(1)
                    .packetId(1)
                    .subscriptionId(wide)
                    .build());

            assertThat(changed.kafka.next().record.topic()).isEqualTo("wide");
        }
    }

    @Test
    void reconnect_sessionPresent_subscribesAgain() {
        ScriptedConnection first = engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        first.cut();
        ScriptedConnection second = engine.broker.accept();
        second.handshake(true);

        assertThat(second.expectSubscribe().subscriptions()).containsExactly(subscription("a/#", 1));
    }

    @Test
    void subscribe_packetOfManyWrites_isNotMixedWithAcknowledgements() {
        int messages = 500;
        String longLevel = "x".repeat(3_000);
        IntStream.range(0, MOST_FILTERS).forEach(i -> engine.route("a/" + i + longLevel, QoS.AT_LEAST_ONCE, "t" + i));
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        connection.publish(IntStream.rangeClosed(1, messages)
                .mapToObj(id -> qos1(id, "a/0" + longLevel, "x"))
                .toArray(PublishPacket[]::new));
        for (int i = 0; i < messages; i++) {
            engine.kafka.next().confirm();
        }

        int acknowledged = 0;
        boolean subscribed = false;
        while (acknowledged < messages || !subscribed) {
            MqttPacket packet = connection.expectPacket();
            if (packet.type() == MqttPacketType.SUBSCRIBE) {
                assertThat(packet.bytes()).hasSizeGreaterThan(MOST_FILTERS * longLevel.length());
                subscribed = true;
            } else {
                assertThat(packet.type()).isEqualTo(MqttPacketType.PUBACK);
                assertThat(packet.packetId()).isEqualTo(++acknowledged);
            }
        }
    }

    private static SubscribePacket granted(ScriptedConnection connection) {
        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);
        return subscribe;
    }

    private static Subscription subscription(String filter, int qos) {
        return new Subscription(filter, qos, false, false, 1);
    }
}
