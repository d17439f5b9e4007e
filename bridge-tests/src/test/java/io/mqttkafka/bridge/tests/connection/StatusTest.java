package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a bridge says of itself, packet by packet. */
class StatusTest {
    private static final int DISCONNECT = 0;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    /** Starts a bridge whose route is up, and returns the connection of the status. */
    private ScriptedConnection starting() {
        engine.status(StatusOptions.builder()
                        .topic("bridges/1")
                        .willDelay(Duration.ofSeconds(7))
                        .build())
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}")
                        .name("r")
                        .build())
                .start();
        engine.broker.accept().handshake(false);
        return engine.broker.accept();
    }

    private ScriptedConnection started() {
        ScriptedConnection status = starting();
        status.handshake(false);
        status.puback(expect(status, "online").packetId());
        engine.awaitStarted();
        return status;
    }

    private static PublishPacket expect(ScriptedConnection status, String word) {
        PublishPacket packet = status.expectPublish();
        assertThat(packet.topic()).isEqualTo("bridges/1");
        assertThat(packet.payloadText()).isEqualTo(word);
        assertThat(packet.retain()).isTrue();
        assertThat(packet.qos()).isEqualTo(1);
        return packet;
    }

    /** What is said there is believed. */
    @Test
    void statusTopic_isNoTargetOfARoute() {
        Engine constant = engine.status(
                        StatusOptions.builder().topic("bridges/1").build())
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("bridges/1")
                        .name("r")
                        .build());
        assertThatThrownBy(constant::start)
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining(
                        "route 'r': toMqtt: 'bridges/1' is where the bridge says how it is (status.topic)");
    }

    @Test
    void statusTopic_madeByATemplate_isAFailureOfThatRecord() {
        engine.status(StatusOptions.builder().topic("bridges/1").build())
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("bridges/{key}")
                        .name("r")
                        .onFailure(FailurePolicy.Builder::skip)
                        .build())
                .start();
        ScriptedConnection route = engine.broker.accept();
        route.handshake(false);
        ScriptedConnection status = engine.broker.accept();
        status.handshake(false);
        status.puback(expect(status, "online").packetId());
        engine.awaitStarted();

        engine.kafka.log.append("commands", "1", "offline");
        engine.kafka.log.append("commands", "2", "on");

        assertThat(route.expectPublish().topic()).isEqualTo("bridges/2");
        assertThat(engine.event(Skipped.class).cause()).hasMessageContaining("status.topic");
    }

    @Test
    void connect_hasAWillThatAResumedSessionKeepsBack() {
        ScriptedConnection status = starting();

        ConnectPacket connect = status.expectConnect();

        assertThat(connect.clientId()).isEqualTo("layer-b-status");
        assertThat(connect.cleanStart()).isFalse();
        assertThat(connect.properties().number(MqttProperty.SESSION_EXPIRY_INTERVAL))
                .hasValue(7);
        ConnectPacket.Will will = connect.will().orElseThrow();
        assertThat(will.topic()).isEqualTo("bridges/1");
        assertThat(new String(will.payload(), StandardCharsets.UTF_8)).isEqualTo("offline");
        assertThat(will.retain()).isTrue();
        assertThat(will.qos()).isEqualTo(1);
        assertThat(will.properties().number(MqttProperty.WILL_DELAY_INTERVAL)).hasValue(7);
    }

    @Test
    void start_waitsUntilTheBrokerHasTheStatus() {
        ScriptedConnection status = starting();
        status.handshake(false);
        PublishPacket online = expect(status, "online");
        assertThat(engine.bridge().state()).isEqualTo(BridgeState.STARTING);

        status.puback(online.packetId());

        engine.awaitStarted();
        assertThat(engine.bridge().state()).isEqualTo(BridgeState.RUNNING);
        assertThat(engine.bridge().health().connections())
                .extracting(connection -> connection.clientId())
                .containsExactly("layer-b-out", "layer-b-status");
    }

    @Test
    void close_saysOfflineAndTakesLeave_onlyThen() {
        ScriptedConnection status = started();

        CompletableFuture<Void> closing = engine.closing();
        PublishPacket last = status.expectPublish();
        if (last.payloadText().equals("draining")) {
            status.puback(last.packetId());
            last = expect(status, "offline");
        }
        assertThat(last.payloadText()).isEqualTo("offline");
        status.puback(last.packetId());

        status.expectDisconnect(DISCONNECT);
        await().until(closing::isDone);
    }

    @Test
    void close_lastWordNotAcknowledged_leavesItToTheWill() {
        ScriptedConnection status = started();

        CompletableFuture<Void> closing = engine.closing();

        PublishPacket last = status.expectPublish();
        if (last.payloadText().equals("draining")) {
            status.puback(last.packetId());
            expect(status, "offline");
        }
        // Closed without DISCONNECT.
        status.expectClosed();
        await().until(closing::isDone);
    }

    @Test
    void connectionBroken_bridgeIsDegraded_thenSaysOnlineAgain() {
        ScriptedConnection status = started();

        status.cut();
        ScriptedConnection next = engine.broker.accept();
        assertThat(next.expectConnect().cleanStart()).isFalse();
        assertThat(engine.bridge().state()).isEqualTo(BridgeState.DEGRADED);
        next.connack(true, 0);
        next.puback(expect(next, "online").packetId());

        await().until(() -> engine.bridge().state() == BridgeState.RUNNING);
    }

    @Test
    void draining_isSaidWhileMessagesAreInFlight() {
        engine.status(StatusOptions.builder().topic("bridges/1").build())
                .drainTimeout(Engine.PATIENCE)
                .route("a/#", QoS.AT_LEAST_ONCE, "t")
                .start();
        ScriptedConnection in = engine.established(false);
        ScriptedConnection status = engine.broker.accept();
        status.handshake(false);
        status.puback(expect(status, "online").packetId());
        engine.awaitStarted();
        in.publish(qos1(1, "a/b", "x"));
        ScriptedKafka.Sent sent = engine.kafka.next("x");

        CompletableFuture<Void> closing = engine.closing();
        status.puback(expect(status, "draining").packetId());
        sent.confirm();
        in.expectPuback(1);
        status.puback(expect(status, "offline").packetId());

        status.expectDisconnect(DISCONNECT);
        await().until(closing::isDone);
    }

    @Test
    void draining_acknowledgedWhenNothingIsLeftToDrain_offlineFollowsAllTheSame() {
        engine.status(StatusOptions.builder().topic("bridges/1").build())
                .route("a/#", QoS.AT_LEAST_ONCE, "t")
                .start();
        ScriptedConnection in = engine.established(false);
        ScriptedConnection status = engine.broker.accept();
        status.handshake(false);
        status.puback(expect(status, "online").packetId());
        engine.awaitStarted();
        in.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");

        CompletableFuture<Void> closing = engine.closing();
        PublishPacket draining = expect(status, "draining");
        in.expectDisconnect(DISCONNECT);
        status.expectNothing(QUIET);
        status.puback(draining.packetId());

        status.puback(expect(status, "offline").packetId());
        status.expectDisconnect(DISCONNECT);
        await().until(closing::isDone);
    }

    @Test
    void everyRouteStopped_isOffline() {
        ScriptedConnection status = started();

        engine.kafka.log.append("commands", "7", null);

        status.puback(expect(status, "offline").packetId());
        await().until(() -> engine.bridge().state() == BridgeState.FAILED);
        CompletableFuture<Void> closing = engine.closing();
        status.expectDisconnect(DISCONNECT);
        await().until(closing::isDone);
    }

    @Test
    void refused_startFails_withTheOption() {
        ScriptedConnection status = starting();
        status.handshake(false);

        status.puback(expect(status, "online").packetId(), 0x87);

        assertThat(engine.startFailure())
                .isInstanceOf(BridgeStartException.class)
                .hasMessage(
                        "status.topic: the MQTT broker refused 'bridges/1': not authorized (0x87); check the topic and"
                                + " the rights of this user");
    }

    @Test
    void brokerWithoutRetained_startFails() {
        ScriptedConnection status = starting();
        status.expectConnect();

        status.connack(false, 0, MqttProperties.NONE.with(MqttProperty.RETAIN_AVAILABLE, 0));

        assertThat(engine.startFailure())
                .hasMessage("status: the MQTT broker keeps no retained messages; leave the status out");
    }

    @ParameterizedTest
    @CsvSource({"0x9A, keeps no retained messages", "0x9B, supports QoS 0 only"})
    void connect_willRefused_saysThatTheStatusIsToBeLeftOut(String reasonCode, String why) {
        ScriptedConnection status = starting();
        status.expectConnect();
        status.connack(false, Integer.decode(reasonCode));

        assertThat(engine.startFailure())
                .hasMessageStartingWith("status: ")
                .hasMessageContaining(why)
                .hasMessageContaining("leave the status out");
    }

    @Test
    void connect_refusedForAQuota_namesTheClientIdThatIsOneTooMany() {
        ScriptedConnection status = starting();
        status.expectConnect();
        status.connack(false, 0x97);

        await().untilAsserted(() -> assertThat(engine.bridge().health().connections())
                .anySatisfy(connection -> assertThat(connection.lastError())
                        .extracting(LastError::cause, InstanceOfAssertFactories.STRING)
                        .contains("mqtt.clientId: ", "as 'layer-b-status'", "fewer sessions or connections")));
    }
}
