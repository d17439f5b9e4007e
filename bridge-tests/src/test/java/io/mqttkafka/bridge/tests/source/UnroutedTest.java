package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos0;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.config.Unrouted;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that no route matches, and the subscriptions that they come from. */
class UnroutedTest {

    private static final int MALFORMED = 0x81;
    private static final int NO_SUBSCRIPTION_EXISTED = 0x11;
    private static final int NOT_AUTHORIZED = 0x87;

    private final Engine engine = new Engine().route("a/#", QoS.EXACTLY_ONCE, "t");

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void unrouted_stop_stopsUnacknowledgedNamingTheMend(int qos) {
        ScriptedConnection connection = engine.connected();

        connection.publish(unrouted(qos));

        connection.expectDisconnect(0);
        RouteStopped stopped = engine.event(RouteStopped.class);
        assertThat(stopped.origin()).isEqualTo("other/x");
        assertThat(stopped.cause()).hasMessageContaining("mqtt.unsubscribe").hasMessageContaining("mqtt.unrouted");
    }

    @Test
    void unrouted_stopAtQos0_isCountedAndGoesOn() {
        ScriptedConnection connection = engine.connected();

        connection.publish(unrouted(0), qos1(1, "a/b", "x"));

        engine.kafka.next("x").confirm();
        connection.expectPuback(1);
        assertThat(unroutedMessages()).isEqualTo(1);
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void unrouted_stopAfterRoutedMessages_acknowledgesThoseFirst() {
        engine.drainTimeout(Duration.ofSeconds(10));
        ScriptedConnection connection = engine.connected();
        connection.publish(qos1(1, "a/b", "x"), unrouted(1));
        Sent routed = engine.kafka.next("x");
        connection.expectNothing(QUIET);

        routed.confirm();

        connection.expectPuback(1);
        connection.expectDisconnect(0);
    }

    @Test
    void unrouted_acknowledgeAtQos0_isCounted() {
        ScriptedConnection connection = acknowledging();

        connection.publish(unrouted(0));

        await().until(() -> unroutedMessages() == 1);
        connection.expectNothing(QUIET);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @Test
    void unrouted_acknowledgeAtQos1_getsPubackAndAnEvent() {
        ScriptedConnection connection = acknowledging();

        connection.publish(unrouted(1));

        connection.expectPuback(9);
        assertThat(engine.event(io.mqttkafka.bridge.event.Unrouted.class).mqttTopic())
                .isEqualTo("other/x");
        assertThat(unroutedMessages()).isEqualTo(1);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @Test
    void unrouted_acknowledgeAtQos2_getsPubrecAndPubcomp() {
        ScriptedConnection connection = acknowledging();

        connection.publish(unrouted(2));

        connection.expectPubrec(9);
        connection.pubrel(9);
        connection.expectPubcomp(9);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @Test
    void unrouted_acknowledgeBehindRoutedMessage_waitsForIt() {
        ScriptedConnection connection = acknowledging();
        connection.publish(qos1(1, "a/b", "x"), unrouted(1));
        Sent routed = engine.kafka.next("x");
        connection.expectNothing(QUIET);

        routed.confirm();

        connection.expectPuback(1);
        connection.expectPuback(9);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void unrouted_acknowledgeWithMalformedProperties_isNotAcknowledged(int qos) {
        ScriptedConnection connection = acknowledging();
        byte[] idOrNothing = qos == 0 ? new byte[0] : new byte[] {0, 9};

        connection.sendRaw(new byte[] {(byte) (0x30 | qos << 1), (byte) (5 + idOrNothing.length), 0, 1, 'o'});
        connection.sendRaw(idOrNothing);
        // One property of one byte that no MQTT 5 packet has.
        connection.sendRaw(new byte[] {1, 0x7E});

        connection.expectDisconnect(MALFORMED);
        connection.expectClosed();
    }

    @Test
    void unsubscribe_filters_areRemovedBeforeSubscribingAtEveryConnect() {
        engine.mqtt(options -> options.unsubscribe("old/#").unsubscribe("$share/g/+/x"))
                .start();
        ScriptedConnection first = engine.broker.accept();
        first.handshake(true);
        UnsubscribePacket unsubscribe = first.expectUnsubscribe();
        first.unsuback(unsubscribe.packetId(), 0, NO_SUBSCRIPTION_EXISTED);
        first.grant(first.expectSubscribe());
        engine.awaitStarted();
        assertThat(unsubscribe.filters()).containsExactly("old/#", "$share/g/+/x");

        first.cut();

        ScriptedConnection second = engine.broker.accept();
        second.handshake(true);
        assertThat(second.expectUnsubscribe().filters()).containsExactly("old/#", "$share/g/+/x");
    }

    @Test
    void unsubscribe_refused_failsTheStartNamingTheFilter() {
        engine.mqtt(options -> options.unsubscribe("fine/#").unsubscribe("old/#"))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        connection.unsuback(connection.expectUnsubscribe().packetId(), 0, NOT_AUTHORIZED);

        assertThat(engine.startFailure())
                .hasMessageContaining("mqtt.unsubscribe: 'old/#'")
                .hasMessageContaining("not authorized");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void unsubscribe_messagesQueuedFromBefore_areAcknowledgedAndTold(int qos) {
        engine.mqtt(options -> options.unsubscribe("other/#")).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        UnsubscribePacket unsubscribe = connection.expectUnsubscribe();

        connection.publish(unrouted(qos));

        if (qos == 1) {
            connection.expectPuback(9);
        } else {
            connection.expectPubrec(9);
        }
        connection.unsuback(unsubscribe.packetId(), 0);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();
        assertThat(engine.event(io.mqttkafka.bridge.event.Unrouted.class).mqttTopic())
                .isEqualTo("other/x");
    }

    @Test
    void unsubscribe_otherMessagesWithoutRoute_stillStop() {
        engine.mqtt(options -> options.unsubscribe("old/#")).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        connection.unsuback(connection.expectUnsubscribe().packetId(), 0);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        connection.publish(unrouted(1));

        connection.expectDisconnect(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/#", "a/#/b", ""})
    void unsubscribe_filterOfARouteOrIllegal_isRefusedBeforeTheStart(String filter) {
        engine.mqtt(options -> options.unsubscribe(filter));

        assertThatThrownBy(engine::start)
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("mqtt.unsubscribe: ")
                .hasMessageContaining("'" + filter + "'");
    }

    private ScriptedConnection acknowledging() {
        return engine.mqtt(options -> options.unrouted(Unrouted.ACKNOWLEDGE)).connected();
    }

    private long unroutedMessages() {
        return engine.bridge().health().connections().get(0).unrouted();
    }

    private static PublishPacket unrouted(int qos) {
        return switch (qos) {
            case 0 -> qos0("other/x", "lost");
            case 1 -> qos1(9, "other/x", "lost");
            default -> qos2(9, "other/x", "lost");
        };
    }
}
