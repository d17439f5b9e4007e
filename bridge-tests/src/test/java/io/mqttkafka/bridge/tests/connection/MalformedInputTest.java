package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets that MQTT forbids: neither produced nor acknowledged, told to the broker, and given up when they come again. */
public class MalformedInputTest {

    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int TOPIC_ALIAS_INVALID = 0x94;
    private static final int TOO_LARGE = 0x95;
    private static final int HEADER_BYTES = 11;

    private final Engine engine = new Engine().route("#", QoS.AT_LEAST_ONCE, "t");

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/\u00C3(", "a/\u00ED\u00A0\u0080", "a/\u00C0\u00AF", "a/\0", "a/\u00FF"})
    void publish_topicIsNoUtf8_disconnectsAsMalformed(String topicBytes) {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(publishTo(topicBytes));

        expectRefused(connection, MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/+", "a/#", "+", "#", "a/b+"})
    void publish_topicWithWildcard_disconnectsAsMalformed(String topic) {
        ScriptedConnection connection = engine.connected();

        connection.publish(qos1(1, topic, "x"));

        expectRefused(connection, MALFORMED);
    }

    /** It would make the bridge forget what is under way, or that it is connected. */
    @ParameterizedTest
    @ValueSource(ints = {0, 0x87})
    void connack_second_disconnectsAsProtocolError(int reasonCode) {
        ScriptedConnection connection = engine.connected();

        connection.connack(false, reasonCode);

        expectRefused(connection, PROTOCOL_ERROR);
    }

    @Test
    void publish_withoutTopic_disconnectsAsProtocolError() {
        ScriptedConnection connection = engine.connected();

        connection.publish(qos1(1, "", "x"));

        expectRefused(connection, PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void publish_withTopicAlias_disconnectsAsAliasInvalid(int qos) {
        ScriptedConnection connection = engine.connected();

        connection.publish(PublishPacket.to("a/b")
                .qos(qos)
                .packetId(qos == 0 ? 0 : 1)
                .topicAlias(1)
                .build());

        expectRefused(connection, TOPIC_ALIAS_INVALID);
    }

    @Test
    void publish_largerThanMaximumPacketSize_disconnectsAsTooLarge() {
        engine.mqtt(options -> options.maximumPacketSize(1_024));
        ScriptedConnection connection = engine.connected();

        connection.publish(qos1(1, "a/b", "x".repeat(1_025 - HEADER_BYTES)));

        expectRefused(connection, TOO_LARGE);
        assertThat(engine.event(Disconnected.class).reason()).contains("mqtt.maximumPacketSize 1024");
    }

    @Test
    void publish_asLargeAsMaximumPacketSize_isProduced() {
        engine.mqtt(options -> options.maximumPacketSize(1_024));
        ScriptedConnection connection = engine.connected();
        PublishPacket largest = qos1(1, "a/b", "x".repeat(1_024 - HEADER_BYTES));
        assertThat(largest.encode()).hasSize(1_024);

        connection.publish(largest);

        engine.kafka.next().confirm();
        connection.expectPuback(1);
    }

    @Test
    void publish_announcesMoreThanItMay_disconnectsBeforeItArrives() {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(new byte[] {0x32, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F});

        expectRefused(connection, TOO_LARGE);
    }

    @Test
    void publish_lengthOfFiveBytes_disconnectsAsMalformed() {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(new byte[] {0x32, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1});

        expectRefused(connection, MALFORMED);
    }

    @Test
    void publish_malformedThreeTimesInARow_stopsTheRoutes() {
        ScriptedConnection connection = engine.connected();
        malformed(connection);
        malformed(engine.established(true));
        malformed(engine.established(true));

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("malformed PUBLISH");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void publish_malformedWithAnotherEndBetween_goesOn() {
        ScriptedConnection connection = engine.connected();
        malformed(connection);
        malformed(engine.established(true));
        engine.established(true).cut();
        malformed(engine.established(true));
        malformed(engine.established(true));

        engine.established(true);
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void publish_malformedThreeTimesBeforeSuback_failsTheStart() {
        engine.start();
        for (int i = 0; i < 3; i++) {
            ScriptedConnection connection = engine.broker.accept();
            connection.handshake(true);
            connection.expectSubscribe();
            malformed(connection);
        }

        assertThat(engine.startFailure()).hasMessageContaining("malformed PUBLISH");
        engine.broker.expectNoConnection(QUIET);
    }

    private static void malformed(ScriptedConnection connection) {
        connection.publish(qos1(1, "a/+", "x"));
        connection.expectDisconnect(MALFORMED);
        connection.expectClosed();
    }

    /** The connection ends with this reason, nothing has gone to Kafka, and the bridge connects again. */
    private void expectRefused(ScriptedConnection connection, int reason) {
        connection.expectDisconnect(reason);
        connection.expectClosed();
        engine.established(true);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    /** A PUBLISH of QoS 1 whose topic has one byte for each character. */
    private static byte[] publishTo(String topicBytes) {
        byte[] topic = topicBytes.getBytes(StandardCharsets.ISO_8859_1);
        byte[] packet = new byte[topic.length + 8];
        packet[0] = 0x32;
        packet[1] = (byte) (topic.length + 6);
        packet[3] = (byte) topic.length;
        System.arraycopy(topic, 0, packet, 4, topic.length);
        packet[topic.length + 5] = 1;
        packet[topic.length + 7] = 'x';
        return packet;
    }
}
