package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the broker limits in CONNACK: honoured, or refused with a message that names the option. */
public class ConnectionLimitsTest {

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void maximumQos_belowTheRoute_failsTheStartNamingRouteAndMend() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        connack(MqttProperty.MAXIMUM_QOS, 0);

        assertThat(engine.startFailure())
                .hasMessageContaining("route 't': fromMqtt: 'a/#'")
                .hasMessageContaining("QoS 0 to 0 only")
                .hasMessageContaining("lower the QoS of the route");
    }

    @Test
    void maximumQos_asTheRoute_starts() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.MAXIMUM_QOS, 1);
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/#", "a/+/b", "a/{x}", "#"})
    void wildcards_unavailable_failsTheStartNamingTheFilter(String filter) {
        engine.route(filter, QoS.AT_LEAST_ONCE, "t").start();
        connack(MqttProperty.WILDCARD_SUBSCRIPTION_AVAILABLE, 0);

        assertThat(engine.startFailure())
                .hasMessageContaining("route 't': fromMqtt: '" + filter.replace("{x}", "+") + "'")
                .hasMessageContaining("no wildcard subscriptions");
    }

    @Test
    void wildcards_unavailableAndNotUsed_starts() {
        engine.route("a/b", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.WILDCARD_SUBSCRIPTION_AVAILABLE, 0);
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    @Test
    void subscriptionIds_unavailableAndFiltersOverlap_failsTheStartNamingBothRoutesAndTheMend() {
        engine.route("a/b/#", QoS.AT_LEAST_ONCE, "wide")
                .route("b", QoS.AT_LEAST_ONCE, "other")
                .route("a/+/temp", QoS.AT_MOST_ONCE, "narrow")
                .start();
        connack(MqttProperty.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0);

        assertThat(engine.startFailure())
                .hasMessageContaining("route 'narrow': fromMqtt: 'a/+/temp': overlaps with 'a/b/#' of route 'wide'")
                .hasMessageContaining("no subscription identifiers")
                .hasMessageContaining("give one of the routes a clientId of its own");
    }

    @Test
    void subscriptionIds_unavailableAndASharedFilterOverlaps_failsTheStart() {
        engine.route("$share/g/a/#", QoS.AT_LEAST_ONCE, "shared")
                .route("a/b", QoS.AT_LEAST_ONCE, "own")
                .start();
        connack(MqttProperty.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0);

        assertThat(engine.startFailure()).hasMessageContaining("overlaps with '$share/g/a/#' of route 'shared'");
    }

    /** The wide one brings what the narrow one would; whoever had identifiers before may have the narrow one in the session. */
    @Test
    void subscriptionIds_unavailableAndOneFilterCoversTheOther_eachRouteGetsTheMessageOnce() {
        engine.route("a/+/temp", QoS.EXACTLY_ONCE, "narrow")
                .route("a/#", QoS.AT_LEAST_ONCE, "wide")
                .start();
        ScriptedConnection connection = connack(MqttProperty.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0);
        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);
        UnsubscribePacket unsubscribe = connection.expectUnsubscribe();
        connection.unsuback(unsubscribe.packetId(), 0);
        engine.awaitStarted();

        connection.publish(qos1(1, "a/b/temp", "x"));

        assertThat(subscribe.filters()).containsExactly("a/#");
        assertThat(subscribe.subscriptions().get(0).qos()).isEqualTo(2);
        assertThat(unsubscribe.filters()).containsExactly("a/+/temp");
        assertThat(List.of(
                        engine.kafka.next("x").record.topic(),
                        engine.kafka.next("x").record.topic()))
                .containsExactlyInAnyOrder("wide", "narrow");
        engine.kafka.expectNothing(Engine.QUIET);
    }

    /** They share one subscription, so that one copy comes, for all of them. */
    @Test
    void subscriptionIds_unavailableAndRoutesHaveOneFilter_eachGetsTheMessageOnce() {
        engine.route("a/{site}", QoS.AT_LEAST_ONCE, "wide")
                .route("a/+", QoS.AT_LEAST_ONCE, "narrow")
                .start();
        ScriptedConnection connection = connack(MqttProperty.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0);
        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);
        engine.awaitStarted();

        connection.publish(qos1(1, "a/b", "x"));

        assertThat(subscribe.filters()).containsExactly("a/+");
        assertThat(subscribe.properties().isEmpty()).isTrue();
        assertThat(engine.kafka.next("x").record.topic()).isEqualTo("wide");
        assertThat(engine.kafka.next("x").record.topic()).isEqualTo("narrow");
    }

    @Test
    void retain_unavailable_starts() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.RETAIN_AVAILABLE, 0);
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    @Test
    void sessionExpiry_shorterThanAsked_starts() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.SESSION_EXPIRY_INTERVAL, 60);
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    @Test
    void serverKeepAlive_shorterThanAsked_isPingedBy() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.SERVER_KEEP_ALIVE, 1);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        // The keep-alive asked for is 30 seconds.
        connection.expectPingreq();
        connection.expectPingreq();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3_600})
    void serverKeepAlive_noneOrLongerThanAsked_isPingedAsAsked(int seconds) {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.keepAlive(Duration.ofSeconds(2)))
                .start();
        ScriptedConnection connection = connack(MqttProperty.SERVER_KEEP_ALIVE, seconds);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        connection.expectPingreq();
        connection.expectPingreq();
    }

    @Test
    void serverKeepAlive_shorterThanAsked_boundsTheWaitForRoom() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.receiveMaximum(1).keepAlive(Duration.ofHours(1)))
                .start();
        ScriptedConnection connection = connack(MqttProperty.SERVER_KEEP_ALIVE, 4);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        connection.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"));

        // A quarter of an hour would be too late.
        connection.expectClosed();
        assertThat(engine.event(Disconnected.class).reason()).contains("mqtt.receiveMaximum");
        engine.kafka.next("1").confirm();
        engine.established(true);
    }

    @Test
    void assignedClientId_otherThanOurs_failsTheStartNamingTheOption() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.ASSIGNED_CLIENT_IDENTIFIER, "auto-1"));

        assertThat(engine.startFailure())
                .hasMessageContaining("mqtt.clientId")
                .hasMessageContaining("'auto-1'")
                .hasMessageContaining("'layer-b'");
    }

    @Test
    void assignedClientId_withoutSession_starts() {
        engine.route("a/#", QoS.AT_MOST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.ASSIGNED_CLIENT_IDENTIFIER, "auto-1"));
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    @Test
    void maximumPacketSize_ofTheBroker_boundsSubscribePackets() {
        IntStream.range(0, 10).forEach(i -> engine.route("0123456789/" + i, QoS.AT_LEAST_ONCE, "t" + i));
        engine.start();
        ScriptedConnection connection = connack(MqttProperty.MAXIMUM_PACKET_SIZE, 64);
        int filters = 0;
        while (filters < 10) {
            SubscribePacket subscribe = connection.expectSubscribe();
            filters += subscribe.filters().size();
            // Fixed header, packet id, no properties; for each filter its length, itself and its options.
            assertThat(2 + 2 + 1 + subscribe.filters().size() * (2 + 12 + 1)).isLessThanOrEqualTo(64);
            connection.grant(subscribe);
        }

        engine.awaitStarted();
    }

    @Test
    void maximumPacketSize_tooSmallForAFilter_failsTheStartNamingIt() {
        String filter = "a/" + "x".repeat(64);
        engine.route(filter, QoS.AT_LEAST_ONCE, "t").start();
        connack(MqttProperty.MAXIMUM_PACKET_SIZE, 64);

        assertThat(engine.startFailure()).hasMessageContaining(filter).hasMessageContaining("64 bytes");
    }

    @Test
    void maximumPacketSize_ofTheBroker_doesNotBoundWhatItSends() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.MAXIMUM_PACKET_SIZE, 64);
        connection.grant(connection.expectSubscribe());
        String large = "x".repeat(1_000);

        connection.publish(qos1(1, "a/b", large));

        engine.kafka.next(large).confirm();
        connection.expectPuback(1);
    }

    private ScriptedConnection connack(MqttProperty property, long value) {
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(property, value));
        return connection;
    }
}
