package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What answers is no MQTT 5 broker, or one that does not keep to its part: refused at once, and told with the mend. */
public class ForeignBrokerTest {
    private static final int PROTOCOL_ERROR = 0x82;
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

    private final Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t");

    @AfterEach
    void close() {
        engine.close();
    }

    private ScriptedConnection asked() {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        return connection;
    }

    @Test
    void closesAtConnect_isToldThatItMaySpeak311() {
        asked().cut();

        assertThat(engine.event(Disconnected.class).reason())
                .startsWith("mqtt.serverUri: ")
                .contains(
                        "closed the connection instead of answering CONNECT",
                        "MQTT 3.1.1",
                        "ssl://",
                        "see the log of the broker");
        engine.established(false);
        engine.awaitStarted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"20 02 00 01", "20 03 00 01 00", "20 02 00 05", "20 03 00 84 00"})
    void refusesInTheFormOf311_isToldAsSuch(String connack) {
        asked().sendRaw(HEX.parseHex(connack));

        assertThat(engine.startFailure())
                .hasMessageStartingWith("mqtt.serverUri: ")
                .hasMessageContaining("an older MQTT only")
                .hasMessageContaining("set mqtt.version(V3_1_1) or version(AUTO)");
    }

    @Test
    void speaksTls_isToldToUseSsl() {
        asked().sendRaw(HEX.parseHex("15 03 03 00 02 02 46"));

        assertThat(engine.startFailure()).hasMessageContaining("speaks TLS; use ssl://");
    }

    @Test
    void speaksHttp_isToldToUseWs() {
        asked().sendRaw("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

        assertThat(engine.startFailure()).hasMessageContaining("speaks HTTP; use ws://");
    }

    /** CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, AUTH, each announcing 256 MB, and answers nobody asked for. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 ff ff ff 7f 00 00",
                "82 ff ff ff 7f 00 00",
                "a2 ff ff ff 7f 00 00",
                "c0 00",
                "f0 ff ff ff 7f 18 ff",
                "90 04 00 01 00 00",
                "b0 04 00 01 00 00",
                "d0 00",
                "40 02 00 01",
                "50 02 00 01",
                "70 02 00 01"
            })
    void sendsWhatNoBrokerMay_isDisconnectedAtOnce(String packet) {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(HEX.parseHex(packet));

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 ff ff ff 7f 00 00",
                "82 ff ff ff 7f 00 00",
                "c0 00",
                "f0 ff ff ff 7f 18 ff",
                "30 ff ff ff 7f 00",
                "90 04 00 01 00 00",
                "d0 00",
                "62 02 00 01"
            })
    void sendsAnythingBeforeConnack_isDisconnectedAtOnce(String packet) {
        ScriptedConnection connection = asked();

        connection.sendRaw(HEX.parseHex(packet));

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(false);
        engine.awaitStarted();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x97, 0xA1, 0xA2})
    void refusesASubscriptionLegally_isToldByItsName(int code) {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.suback(connection.expectSubscribe().packetId(), code);

        assertThat(engine.startFailure())
                .hasMessageContaining("'a/#'")
                .hasMessageContaining("(0x" + Integer.toHexString(code) + ")");
    }

    /** Our pings keep bytes coming, which say nothing about the answer. */
    @Test
    void subscribeUnansweredWhilePingsAre_isGivenUp() {
        engine.mqtt(m -> m.keepAlive(Duration.ofSeconds(2)).connectTimeout(Duration.ofSeconds(4)))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.expectSubscribe();
        connection.expectPingreq();
        connection.expectPingreq();

        connection.expectClosed();
        assertThat(engine.event(Disconnected.class).reason())
                .contains("did not answer SUBSCRIBE within 4 s (mqtt.connectTimeout)");
        engine.established(true);
        engine.awaitStarted();
    }

    @Test
    void resumesASessionThatWasThrownAway_isDisconnected() {
        try (Engine clean = new Engine()
                .route("a/#", QoS.AT_MOST_ONCE, "t")
                .mqtt(m -> m.cleanStart(true))
                .start()) {
            ScriptedConnection connection = clean.broker.accept();
            connection.expectConnect();
            connection.connack(true, 0, MqttProperties.NONE);

            connection.expectDisconnect(PROTOCOL_ERROR);
            connection.expectClosed();
        }
    }

    @Test
    void answersAFilterTooMany_isDisconnected() {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.suback(connection.expectSubscribe().packetId(), 1, 1);

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        ScriptedConnection second = engine.established(true);
        engine.awaitStarted();
        second.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        second.expectPuback(1);
    }
}
