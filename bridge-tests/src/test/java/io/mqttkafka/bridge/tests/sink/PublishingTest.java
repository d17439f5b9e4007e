package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.time.Duration;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What routes from Kafka publish, when they commit, and what they send again. */
public class PublishingTest {
    private static final int PACKET_ID_NOT_FOUND = 0x92;

    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;

    @AfterEach
    void close() {
        engine.close();
    }

    private Engine route(QoS qos) {
        return route(qos, UnaryOperator.identity());
    }

    private Engine route(QoS qos, UnaryOperator<ToMqtt<byte[]>> more) {
        return engine.route(more.apply(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}/cmd")
                        .name("r")
                        .effectivelyOnce()
                        .qos(qos))
                .build());
    }

    private RouteCounts counts() {
        return engine.bridge().health().route("r").total();
    }

    private void awaitCommitted(long offset) {
        await("the offset " + offset).until(() -> log.committed("commands") == offset);
    }

    @Test
    void qos1_notAcknowledged_isNotCommitted() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        log.append("commands", "7", "on");

        PublishPacket packet = connection.expectPublish();
        connection.expectNothing(QUIET);

        assertThat(packet.topic()).isEqualTo("devices/7/cmd");
        assertThat(packet.payloadText()).isEqualTo("on");
        assertThat(packet.qos()).isEqualTo(1);
        assertThat(packet.dup()).isFalse();
        assertThat(packet.retain()).isFalse();
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void qos1_acknowledged_isCommittedAndCounted() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        log.append("commands", "7", "on");

        connection.puback(connection.expectPublish().packetId());

        awaitCommitted(1);
        await().until(() -> counts().acknowledged() == 1);
        await().untilAsserted(() -> assertThat(counts())
                .isEqualTo(RouteCounts.builder()
                        .received(1)
                        .delivered(1)
                        .acknowledged(1)
                        .build()));
    }

    /** A record stays as long as its message, as a dead letter may be made of it. */
    @Test
    void window_countsTheRecordBesidesThePacket() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE)
                .mqtt(options -> options.maximumPacketSize(4096).maxInFlightBytes(4096))
                .publishing();
        log.append("commands", "7", "1".repeat(1500));
        log.append("commands", "7", "2".repeat(1500));

        PublishPacket first = connection.expectPublish();
        connection.expectNothing(QUIET);
        connection.puback(first.packetId());

        assertThat(connection.expectPublish().payloadText()).startsWith("2");
    }

    @Test
    void qos1_acknowledgedOutOfOrder_commitsTheContiguousPrefixOnly() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        for (int i = 0; i < 3; i++) {
            log.append("commands", "7", "x" + i);
        }
        int first = connection.expectPublish().packetId();
        int second = connection.expectPublish().packetId();
        int third = connection.expectPublish().packetId();

        connection.puback(first);
        awaitCommitted(1);
        connection.puback(third);
        connection.expectNothing(QUIET);
        await().until(() -> counts().delivered() == 2);
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(1);
        connection.puback(second);

        awaitCommitted(3);
    }

    @Test
    void qos2_isCommittedAfterPubcompOnly() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();
        log.append("commands", "7", "on");

        int id = connection.expectPublish().packetId();
        connection.pubrec(id);
        connection.expectPubrel(id);
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
        connection.pubcomp(id);

        awaitCommitted(1);
    }

    @Test
    void qos0_isCommittedWhenItsBytesHaveLeft() {
        ScriptedConnection connection = route(QoS.AT_MOST_ONCE).publishing();
        log.append("commands", "7", "on");

        assertThat(connection.expectPublish().qos()).isZero();

        awaitCommitted(1);
    }

    @Test
    void retain_asked_isSet() {
        ScriptedConnection connection =
                route(QoS.AT_LEAST_ONCE, r -> r.retain(true)).publishing();
        log.append("commands", "7", "on");

        assertThat(connection.expectPublish().retain()).isTrue();
    }

    @Test
    void serverReceiveMaximum_one_publishesOneAtATimeAndInOrder() {
        ScriptedConnection connection =
                route(QoS.AT_LEAST_ONCE).publishing(MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 1));
        for (int i = 0; i < 3; i++) {
            log.append("commands", "7", "x" + i);
        }

        for (int i = 0; i < 3; i++) {
            PublishPacket packet = connection.expectPublish();
            assertThat(packet.payloadText()).isEqualTo("x" + i);
            connection.expectNothing(QUIET);
            connection.puback(packet.packetId());
        }

        awaitCommitted(3);
    }

    @Test
    void windowFull_pollsGoOn() {
        ScriptedConnection connection =
                route(QoS.AT_LEAST_ONCE).publishing(MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 1));
        log.append("commands", "7", "x0");
        log.append("commands", "7", "x1");
        connection.expectPublish();

        long before = log.polls();

        await().until(() -> log.polls() >= before + 3);
    }

    @Test
    void reconnect_sessionKept_sendsAgainWithDupAndTheSameIdInOrder() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        log.append("commands", "7", "x0");
        log.append("commands", "7", "x1");
        PublishPacket first = connection.expectPublish();
        PublishPacket second = connection.expectPublish();

        ScriptedConnection next = engine.publishingAgain(connection, true);

        for (PublishPacket expected : new PublishPacket[] {first, second}) {
            PublishPacket again = next.expectPublish();
            assertThat(again.dup()).isTrue();
            assertThat(again.packetId()).isEqualTo(expected.packetId());
            assertThat(again.payloadText()).isEqualTo(expected.payloadText());
            next.puback(again.packetId());
        }
        awaitCommitted(2);
        engine.expectNoEvent(SessionLost.class);
    }

    @Test
    void reconnect_sessionLost_publishesAnewAndTells() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();
        log.append("commands", "7", "x0");
        log.append("commands", "7", "x1");
        int released = connection.expectPublish().packetId();
        connection.expectPublish();
        connection.pubrec(released);
        connection.expectPubrel(released);

        ScriptedConnection next = engine.publishingAgain(connection, false);

        for (int i = 0; i < 2; i++) {
            PublishPacket again = next.expectPublish();
            assertThat(again.dup()).isFalse();
            assertThat(again.payloadText()).isEqualTo("x" + i);
        }
        assertThat(engine.event(SessionLost.class).unacknowledged()).isEqualTo(2);
    }

    @Test
    void reconnect_afterPubrec_releasesAndDoesNotPublishAgain() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();
        log.append("commands", "7", "on");
        int id = connection.expectPublish().packetId();
        connection.pubrec(id);
        connection.expectPubrel(id);

        ScriptedConnection next = engine.publishingAgain(connection, true);

        next.expectPubrel(id);
        next.pubcomp(id, PACKET_ID_NOT_FOUND);
        awaitCommitted(1);
    }

    /** What is behind it cannot be committed, so that it has to be remembered. */
    @Test
    void oneNeverAcknowledged_theRouteDoesNotReadOnWithoutEnd() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        for (int i = 0; i < 34_000; i++) {
            log.append("commands", "7", "x");
        }
        int stuck = connection.expectPublish().packetId();
        for (int i = 1; i < 32_768; i++) {
            connection.puback(connection.expectPublish().packetId());
        }
        await().during(QUIET).until(() -> counts().received() < 34_000);

        connection.puback(stuck);
        for (int i = 32_768; i < 34_000; i++) {
            connection.expectPublish();
        }
    }

    /** EMQX and FlashMQ answer a repetition so, and have handed the message on. */
    @Test
    void reconnect_idInUseByWhatWasSentBefore_isReleasedAndNotPublishedAnew() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();
        log.append("commands", "7", "on");
        int id = connection.expectPublish().packetId();

        ScriptedConnection next = engine.publishingAgain(connection, true);
        assertThat(next.expectPublish().dup()).isTrue();
        next.pubrec(id, 0x91);

        next.expectPubrel(id);
        next.pubcomp(id);
        awaitCommitted(1);
    }

    @Test
    void firstConnection_throwsAnEarlierSessionAway_laterOnesKeepIt() {
        route(QoS.EXACTLY_ONCE).start();
        ScriptedConnection first = engine.broker.accept();
        assertThat(first.expectConnect().cleanStart()).isTrue();
        first.connack(false, 0);
        engine.awaitStarted();
        first.cut();

        assertThat(engine.broker.accept().expectConnect().cleanStart()).isFalse();
    }

    @Test
    void pubrec_unknownId_isReleasedAsUnknown() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();

        connection.pubrec(9);

        connection.expectPubrel(9, PACKET_ID_NOT_FOUND);
    }

    @Test
    void pubackForQos2_isAProtocolErrorAndIsSentAgain() {
        ScriptedConnection connection = route(QoS.EXACTLY_ONCE).publishing();
        log.append("commands", "7", "on");
        int id = connection.expectPublish().packetId();

        connection.puback(id);

        connection.expectDisconnect(0x82);
        ScriptedConnection next = engine.broker.accept();
        next.handshake(true);
        assertThat(next.expectPublish().packetId()).isEqualTo(id);
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void start_retainNotAvailable_isRefused() {
        route(QoS.AT_LEAST_ONCE, r -> r.retain(true)).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.RETAIN_AVAILABLE, 0));

        assertThat(engine.startFailure()).hasMessageContaining("route 'r': retain");
    }

    @Test
    void start_qosNotSupported_isRefused() {
        route(QoS.EXACTLY_ONCE).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.MAXIMUM_QOS, 1));

        assertThat(engine.startFailure()).hasMessageContaining("route 'r': qos").hasMessageContaining("QoS 0 to 1");
    }

    @Test
    void start_topicMissing_isRefused() {
        engine.route(Route.fromKafka("missing").group("g").toMqtt("a").name("r").build())
                .start();

        assertThat(engine.startFailure()).hasMessageContaining("fromKafka: the topic 'missing' does not exist");
    }

    @Test
    void revoke_inFlight_waitsForTheAcknowledgementAndCommits() {
        TopicPartition second = new TopicPartition("commands", 1);
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        log.append(second, SourceLog.bytes("7"), SourceLog.bytes("x0"), SourceLog.headers());
        log.append(second, SourceLog.bytes("7"), SourceLog.bytes("x1"), SourceLog.headers());
        int x0 = connection.expectPublish().packetId();
        int x1 = connection.expectPublish().packetId();

        try (Consumer<byte[], byte[]> other = engine.kafka.otherConsumer()) {
            await().until(log::revoking);
            other.poll(Duration.ZERO);
            assertThat(other.assignment()).isEmpty();
            assertThat(log.committed(second)).isEqualTo(-1);
            connection.puback(x0);
            connection.puback(x1);

            await().until(() -> {
                other.poll(Duration.ZERO);
                return other.assignment().equals(Set.of(second));
            });
            assertThat(log.committed(second)).isEqualTo(2);
        }
    }

    @Test
    void lost_inFlight_commitsNothing_andTheNextAssignmentReadsAgain() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();
        log.append("commands", "7", "x0");
        int first = connection.expectPublish().packetId();

        log.evict();
        PublishPacket again = connection.expectPublish();
        assertThat(again.payloadText()).isEqualTo("x0");
        assertThat(again.packetId()).isNotEqualTo(first);
        connection.puback(first);
        await().until(() -> counts().delivered() == 1);
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);

        connection.puback(again.packetId());
        awaitCommitted(1);
    }

    @Test
    void close_inFlight_waitsAndCommits() {
        ScriptedConnection connection =
                route(QoS.AT_LEAST_ONCE).drainTimeout(Duration.ofSeconds(10)).publishing();
        log.append("commands", "7", "on");
        int id = connection.expectPublish().packetId();

        java.util.concurrent.CompletableFuture<Void> closing = engine.closing();
        connection.expectNothing(QUIET);
        connection.puback(id);

        connection.expectDisconnect(0);
        closing.join();
        assertThat(log.committed("commands")).isEqualTo(1);
    }

    @Test
    void takenOver_stopsForGood() {
        ScriptedConnection connection = route(QoS.AT_LEAST_ONCE).publishing();

        connection.disconnect(0x8E);

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("took the session over");
        engine.broker.expectNoConnection(QUIET);
    }
}
