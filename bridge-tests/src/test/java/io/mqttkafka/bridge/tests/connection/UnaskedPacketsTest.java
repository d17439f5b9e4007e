package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no broker sends, and legal refusals. */
class UnaskedPacketsTest {
    private static final int PROTOCOL_ERROR = 0x82;

    private final Engine engine = new Engine().route("a/#", QoS.EXACTLY_ONCE, "t");

    @AfterEach
    void close() {
        engine.close();
    }

    /** It announces properties of 256 MB in a packet that fits. */
    private static byte[] packet(int type) {
        return new byte[] {(byte) (type << 4), 6, 0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F, 0};
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 10, 12, 15})
    void packetThatNoBrokerSends_isAProtocolError(int type) {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(packet(type));

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(true);
        assertThat(engine.event(Disconnected.class).reason()).contains("packet type " + type);
    }

    /** Its first byte is enough. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 10, 12, 15})
    void packetThatNoBrokerSends_isNotWaitedFor(int type) {
        ScriptedConnection connection = engine.connected();

        connection.sendRaw(new byte[] {(byte) (type << 4)});

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 10, 12, 15})
    void packetThatNoBrokerSends_beforeConnack_endsTheAttempt(int type) {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();

        connection.sendRaw(packet(type));

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(false);
        engine.awaitStarted();
    }

    @Test
    void connack_withAuthenticationNobodyAskedFor_endsTheAttempt() {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        ByteArrayOutputStream connack = new ByteArrayOutputStream();
        connack.writeBytes(new byte[] {0x20, 9, 0, 0, 6, 0x15, 0, 3, 'a', 'b', 'c'});

        connection.sendRaw(connack.toByteArray());

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(false);
        engine.awaitStarted();
    }

    @Test
    void release_ofId0_isAProtocolError() {
        ScriptedConnection connection = engine.connected();

        connection.pubrel(0);

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 9", "1 1 1 1", "11 0", "2 0 0 0 1 2 0 0 0 1", "3 0 1 97 3 0 1 97"})
    void publish_withPropertiesThatMqttForbids_isAProtocolError(String properties) {
        ScriptedConnection connection = engine.connected();
        String[] numbers = properties.split(" ");
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.writeBytes(new byte[] {0x32, (byte) (8 + numbers.length), 0, 3, 'a', '/', 'b', 0, 1});
        packet.write(numbers.length);
        for (String number : numbers) {
            packet.write(Integer.parseInt(number));
        }

        connection.sendRaw(packet.toByteArray());

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(true);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @ParameterizedTest
    @CsvSource({
        "0x83,implementation specific error",
        "0x97,quota exceeded",
        "0x9E,shared subscriptions not supported",
        "0xA1,subscription identifiers not supported",
        "0xA2,wildcard subscriptions not supported"
    })
    void suback_legalRefusal_failsTheStartByItsName(int code, String name) {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        connection.suback(connection.expectSubscribe().packetId(), code);

        assertThat(engine.startFailure())
                .hasMessageContaining("fromMqtt")
                .hasMessageContaining("'a/#'")
                .hasMessageContaining(name);
    }

    @Test
    void suback_codeThatIsNone_isAProtocolError() {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        connection.suback(connection.expectSubscribe().packetId(), 0x55);

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        engine.established(false);
        engine.awaitStarted();
    }

    @Test
    void unsuback_legalRefusal_failsTheStartByItsName() {
        engine.mqtt(options -> options.unsubscribe("old/#")).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        connection.unsuback(connection.expectUnsubscribe().packetId(), 0x97);

        assertThat(engine.startFailure())
                .hasMessageContaining("mqtt.unsubscribe")
                .hasMessageContaining("quota exceeded");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x81, 0x82, 0x95})
    void disconnect_overOurPackets_threeTimesInARow_stopsTheRoutes(int code) {
        ScriptedConnection connection = engine.connected();
        connection.disconnect(code);
        engine.established(true).disconnect(code);
        engine.established(true).disconnect(code);

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("the MQTT broker disconnected");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void disconnect_overOurPackets_withProgressInBetween_goesOn() {
        ScriptedConnection connection = engine.connected();
        for (int i = 1; i <= 4; i++) {
            connection.publish(Engine.qos2(i, "a/b", "x" + i));
            engine.kafka.next("x" + i).confirm();
            connection.expectPubrec(i);
            connection.disconnect(PROTOCOL_ERROR);
            connection = engine.established(true);
        }

        engine.expectNoEvent(RouteStopped.class);
    }
}
