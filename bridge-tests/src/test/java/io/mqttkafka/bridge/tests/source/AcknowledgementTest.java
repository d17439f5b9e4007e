package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When PUBACK, PUBREC and PUBCOMP leave. */
public class AcknowledgementTest {

    private static final int UNKNOWN_ID = 0x92;

    private final Engine engine = new Engine();
    private int wideId;
    private int narrowId;

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void publish_qos1NotConfirmed_isNotAcknowledged() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(qos1(7, "a/b", "x"));
        engine.kafka.next("x");

        connection.expectNothing(QUIET);
    }

    @Test
    void publish_qos1Confirmed_isAcknowledged() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(qos1(7, "a/b", "x"));
        engine.kafka.next("x").confirm();

        connection.expectPuback(7);
    }

    @Test
    void publish_confirmedOutOfOrder_isAcknowledgedInOrder() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(30, "a/1", "1"), qos1(10, "a/2", "2"), qos1(20, "a/3", "3"));
        Sent first = engine.kafka.next("1");
        Sent second = engine.kafka.next("2");
        Sent third = engine.kafka.next("3");

        third.confirm();
        second.confirm();
        connection.expectNothing(QUIET);
        first.confirm();

        connection.expectPuback(30);
        connection.expectPuback(10);
        connection.expectPuback(20);
    }

    @Test
    void publish_qos2NotConfirmed_getsNoPubrec() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.EXACTLY_ONCE, "t").connected();

        connection.publish(qos2(7, "a/b", "x"));
        engine.kafka.next("x");

        connection.expectNothing(QUIET);
    }

    @Test
    void publish_qos2ConfirmedAndReleased_isCompleted() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.EXACTLY_ONCE, "t").connected();

        connection.publish(qos2(7, "a/b", "x"));
        engine.kafka.next("x").confirm();

        connection.expectPubrec(7);
        connection.pubrel(7);
        connection.expectPubcomp(7);
    }

    @Test
    void pubrel_unknownId_isCompletedAsUnknown() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.EXACTLY_ONCE, "t").connected();

        connection.pubrel(9);

        connection.expectPubcomp(9, UNKNOWN_ID);
    }

    @Test
    void publish_beforeSuback_isTakenAndAcknowledged() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        connection.publish(qos1(1, "a/b", "queued"));
        SubscribePacket subscribe = connection.expectSubscribe();

        engine.kafka.next("queued").confirm();

        connection.expectPuback(1);
        connection.grant(subscribe);
        engine.awaitStarted();
    }

    @Test
    void publish_twoRoutesOneConfirmed_isNotAcknowledged() {
        ScriptedConnection connection = overlapping();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        engine.kafka.next("x");

        connection.expectNothing(QUIET);
    }

    @Test
    void publish_twoRoutesBothConfirmed_isAcknowledgedOnce() {
        ScriptedConnection connection = overlapping();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
        connection.expectNothing(QUIET);
    }

    @Test
    void publish_copiesWithSubscriptionIds_goToTheirRouteOnly() {
        ScriptedConnection connection = overlapping();
        connection.publish(copy(1, wideId), copy(2, narrowId));
        Sent first = engine.kafka.next();
        Sent second = engine.kafka.next();
        engine.kafka.expectNothing(QUIET);

        assertThat(first.record.topic()).isEqualTo("wide");
        assertThat(second.record.topic()).isEqualTo("narrow");
    }

    @Test
    void publish_copiesWithSubscriptionIds_areCountedByTheirRouteOnly() {
        ScriptedConnection connection = overlapping();
        connection.publish(copy(1, wideId), copy(2, narrowId));
        engine.kafka.next().confirm();
        engine.kafka.next().confirm();

        connection.expectPuback(1);
        connection.expectPuback(2);
        await().until(() -> counts("wide").received() == 1);
        await().until(() -> counts("wide").acknowledged() == 1);
        await().until(() -> counts("narrow").received() == 1);
        await().until(() -> counts("narrow").acknowledged() == 1);
    }

    @Test
    void publish_oneCopyForBothRoutes_isCountedByBoth() {
        ScriptedConnection connection = overlapping();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
        await().until(() -> counts("wide").acknowledged() == 1);
        await().until(() -> counts("narrow").acknowledged() == 1);
    }

    private RouteCounts counts(String route) {
        return engine.bridge().health().route(route).qos1();
    }

    @Test
    void publish_idReusedAfterPuback_isProduced() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "first"));
        engine.kafka.next("first").confirm();
        connection.expectPuback(1);

        connection.publish(qos1(1, "a/b", "second"));
        engine.kafka.next("second").confirm();

        connection.expectPuback(1);
    }

    /** Two routes; both SUBSCRIBE packets are granted, each with an identifier of its own. */
    private ScriptedConnection overlapping() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "wide")
                .route("a/+", QoS.AT_LEAST_ONCE, "narrow")
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        wideId = grantedId(connection);
        narrowId = grantedId(connection);
        engine.awaitStarted();
        return connection;
    }

    private static int grantedId(ScriptedConnection connection) {
        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);
        return (int) subscribe.subscriptionId().orElseThrow();
    }

    private static PublishPacket copy(int packetId, int subscriptionId) {
        return PublishPacket.to("a/b")
                .qos(1)
                .packetId(packetId)
                .subscriptionId(subscriptionId)
                .build();
    }
}
