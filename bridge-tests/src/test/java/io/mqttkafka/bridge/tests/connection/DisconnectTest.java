package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the broker takes leave, in words or without, and what follows. */
public class DisconnectTest {

    private static final int NOT_AUTHORIZED = 0x87;
    private static final int TAKEN_OVER = 0x8E;
    private static final Duration LONGEST_DELAY = Duration.ofMillis(150);

    private final Engine engine = new Engine()
            .route("a/#", QoS.AT_LEAST_ONCE, "t")
            .mqtt(options -> options.reconnect(Backoff.exponential(Duration.ofMillis(1), LONGEST_DELAY)));

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"0x00,success", "0x89,server busy", "0x8B,server shutting down", "0x8D,keep alive timeout", "0x98,admin"
    })
    void disconnect_passingReason_isToldAndReconnectsSoon(int code, String text) {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(code);

        connection.expectClosed();
        engine.established(true);
        Disconnected told = engine.event(Disconnected.class);
        assertThat(told.reason()).contains(text);
        assertThat(told.retryIn()).isLessThan(LONGEST_DELAY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x86, NOT_AUTHORIZED, 0x8A, 0x8C, 0x9C, 0x9D})
    void disconnect_reasonThatNeedsMending_waitsTheLongestDelay(int code) {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(code);

        engine.established(true);
        assertThat(engine.event(Disconnected.class).retryIn()).isEqualTo(LONGEST_DELAY);
    }

    @Test
    void disconnect_reasonString_isToldWithoutControlCharacters() {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(0x8B, MqttProperties.NONE.with(MqttProperty.REASON_STRING, "back\n at 5"));

        assertThat(engine.event(Disconnected.class).reason())
                .contains("server shutting down")
                .contains("at 5")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({"0x9C,use another server", "0x9D,server moved"})
    void disconnect_otherServer_isNamedWithTheOption(int code, String text) {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(code, MqttProperties.NONE.with(MqttProperty.SERVER_REFERENCE, "other:1883"));

        assertThat(engine.event(Disconnected.class).reason())
                .contains(text)
                .contains("'other:1883'")
                .contains("mqtt.serverUri");
    }

    @ParameterizedTest
    @CsvSource({"0x9C,use another server", "0x9D,server moved"})
    void connack_otherServer_failsTheStartNamingItAndTheOption(int code, String text) {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, code, MqttProperties.NONE.with(MqttProperty.SERVER_REFERENCE, "other:1883"));

        assertThat(engine.startFailure())
                .hasMessageContaining("mqtt.serverUri")
                .hasMessageContaining(text)
                .hasMessageContaining("'other:1883'");
    }

    @Test
    void connack_refusedWhenReconnecting_waitsTheLongestDelay() {
        ScriptedConnection first = engine.connected();
        first.cut();
        ScriptedConnection second = engine.broker.accept();
        second.expectConnect();
        second.connack(false, NOT_AUTHORIZED);

        engine.established(true);
        assertThat(engine.events(Disconnected.class, 2).get(1).retryIn()).isEqualTo(LONGEST_DELAY);
        assertThat(engine.events(Disconnected.class).get(1).reason()).contains("mqtt.credentials");
    }

    @Test
    void takenOver_stopsTheRoutesNamingTheOption() {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(TAKEN_OVER);

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("mqtt.clientId");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void takenOver_beforeSuback_failsTheStartAndDoesNotReconnect() {
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        connection.expectSubscribe();

        connection.disconnect(TAKEN_OVER);

        assertThat(engine.startFailure()).hasMessageContaining("mqtt.clientId");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void takenOver_connectionLeftHalfOpen_isClosedAndGetsNoAcknowledgement() {
        ScriptedConnection connection = engine.connected();
        connection.publish(qos1(1, "a/b", "x"));
        Sent sent = engine.kafka.next("x");

        connection.disconnect(TAKEN_OVER);
        connection.halfClose();
        engine.event(RouteStopped.class);
        sent.confirm();

        connection.expectClosed();
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void halfClose_withoutAWord_isClosedAndAcknowledgedOnlyAfterRedelivery() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        Sent sent = engine.kafka.next("x");

        first.halfClose();
        first.expectClosed();
        ScriptedConnection second = engine.established(true);
        sent.confirm();

        second.expectNothing(QUIET);
        second.publish(qos1(1, "a/b", "x").duplicate());
        second.expectPuback(1);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @Test
    void confirmation_betweenConnectAndConnack_isNotWritten() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        Sent sent = engine.kafka.next("x");
        first.cut();
        ScriptedConnection second = engine.broker.accept();
        second.expectConnect();

        sent.confirm();
        second.expectNothing(QUIET);
        second.connack(true, 0);
        second.grant(second.expectSubscribe());
        second.expectNothing(QUIET);
        second.publish(qos1(1, "a/b", "x").duplicate());

        second.expectPuback(1);
    }
}
