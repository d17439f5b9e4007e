package io.mqttkafka.bridge.tests.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What CONNECT and SUBSCRIBE say, and which answers are refused. */
public class HandshakeTest {

    private static final int SUCCESS = 0;
    private static final int NOT_AUTHORIZED = 0x87;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void connackAndSuback_reasonsWithControlCharacters_areTaken() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.REASON_STRING, "fine\n"));
        int id = connection.expectSubscribe().packetId();
        connection.sendRaw(new byte[] {
            (byte) 0x90, 9, (byte) (id >> 8), (byte) id, 5, 0x1F, 0, 2, 'o', 0x07, 1,
        });

        engine.awaitStarted();
    }

    @Test
    void connect_options_areOnTheWire() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.sessionExpiry(Duration.ofHours(1))
                        .receiveMaximum(77)
                        .maximumPacketSize(5_000)
                        .keepAlive(Duration.ofSeconds(33)))
                .start();

        ConnectPacket connect = engine.broker.accept().expectConnect();

        assertThat(connect.clientId()).isEqualTo("layer-b");
        assertThat(connect.cleanStart()).isFalse();
        assertThat(connect.sessionExpiry()).isEqualTo(3_600);
        assertThat(connect.receiveMaximum()).isEqualTo(77);
        assertThat(connect.maximumPacketSize()).hasValue(5_000);
        assertThat(connect.keepAlive()).isEqualTo(33);
    }

    @Test
    void connect_always_allowsNoTopicAlias() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();

        ConnectPacket connect = engine.broker.accept().expectConnect();

        assertThat(connect.properties().number(MqttProperty.TOPIC_ALIAS_MAXIMUM).orElse(0))
                .isZero();
    }

    @Test
    void subscribe_oneRoute_asksForItsQosAndNoReplayAndHasNoId() {
        engine.route("a/#", QoS.EXACTLY_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);

        SubscribePacket subscribe = connection.expectSubscribe();

        assertThat(subscribe.subscriptions())
                .containsExactly(new SubscribePacket.Subscription("a/#", 2, false, false, 1));
        assertThat(subscribe.subscriptionId()).isEmpty();
    }

    /** mosquitto queues SUBACK behind the whole backlog; to give up there loses what it has sent of QoS 0. */
    @Test
    void suback_behindABacklogThatTakesLonger_isWaitedFor() {
        Duration timeout = Duration.ofSeconds(3);
        engine.route("a/#", QoS.AT_MOST_ONCE, "t")
                .mqtt(options -> options.connectTimeout(timeout))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        SubscribePacket subscribe = connection.expectSubscribe();

        long end = System.nanoTime() + timeout.toNanos() * 3 / 2;
        while (end - System.nanoTime() > 0) {
            connection.publish(PublishPacket.to("a/b").payload("queued").build());
            engine.kafka.next("queued").confirm();
        }
        connection.grant(subscribe);

        engine.awaitStarted();
        assertThat(engine.bridge().health().connections().get(0).connects()).isOne();
    }

    @Test
    void suback_missingOnASilentConnection_failsTheAttempt() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.connectTimeout(Duration.ofSeconds(1)))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.expectSubscribe();

        connection.expectClosed();
        engine.established(false);
        engine.awaitStarted();
    }

    @ParameterizedTest
    @ValueSource(ints = {NOT_AUTHORIZED, 0})
    void suback_refusedOrLowerQos_failsTheStartNamingTheFilter(int code) {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.suback(connection.expectSubscribe().packetId(), code);

        assertThat(engine.startFailure())
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("'a/#'");
    }

    @Test
    void close_whileTheBrokerDoesNotAnswer_failsTheStartAsClosed() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        engine.broker.accept().expectConnect();

        engine.close();

        assertThat(engine.startFailure()).isInstanceOf(BridgeClosedException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x86, NOT_AUTHORIZED})
    void connack_notAuthorized_failsTheStartNamingTheCredentials(int code) {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, code);

        assertThat(engine.startFailure()).hasMessageContaining("mqtt.credentials");
    }

    @Test
    void connack_maximumQosTooLow_failsTheStart() {
        engine.route("a/#", QoS.EXACTLY_ONCE, "t").start();
        connack(MqttProperty.MAXIMUM_QOS, 1);

        assertThat(engine.startFailure()).hasMessageContaining("QoS 0 to 1");
    }

    @Test
    void connack_noSharedSubscriptions_failsTheStart() {
        engine.route("$share/g/a/#", QoS.AT_LEAST_ONCE, "t").start();
        connack(MqttProperty.SHARED_SUBSCRIPTION_AVAILABLE, 0);

        assertThat(engine.startFailure()).hasMessageContaining("no shared subscriptions");
    }

    @Test
    void connack_sessionExpiryZero_failsTheStart() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        connack(MqttProperty.SESSION_EXPIRY_INTERVAL, 0);

        assertThat(engine.startFailure()).hasMessageContaining("mqtt.sessionExpiry");
    }

    @Test
    void connack_receiveMaximum65535_isAccepted() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = connack(MqttProperty.RECEIVE_MAXIMUM, 65_535);
        connection.grant(connection.expectSubscribe());

        engine.awaitStarted();
    }

    private ScriptedConnection connack(MqttProperty property, long value) {
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, SUCCESS, MqttProperties.NONE.with(property, value));
        return connection;
    }

    @Test
    void subscribe_connectionLost_namesTheOptionAndTheMend() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.expectSubscribe();
        connection.cut();

        assertThat(engine.event(Disconnected.class).reason())
                .startsWith("mqtt.serverUri: ")
                .contains(engine.broker.serverUri(), "before it answered SUBSCRIBE", "; see the log");
    }

    @Test
    void subscribe_notAnswered_namesTheOptionsAndTheMend() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(mqtt -> mqtt.connectTimeout(Duration.ofSeconds(1)))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.expectSubscribe();

        assertThat(engine.event(Disconnected.class).reason())
                .startsWith("mqtt.serverUri: ")
                .contains("did not answer SUBSCRIBE within 1 s (mqtt.connectTimeout)", "; see the log");
    }
}
