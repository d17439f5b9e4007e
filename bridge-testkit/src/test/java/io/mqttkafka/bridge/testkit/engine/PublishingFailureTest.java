package io.mqttkafka.bridge.testkit.engine;

import static io.mqttkafka.bridge.testkit.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.MqttProperties;
import io.mqttkafka.bridge.testkit.MqttProperty;
import io.mqttkafka.bridge.testkit.PublishPacket;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import io.mqttkafka.bridge.testkit.engine.ScriptedKafka.Sent;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of headers, and of records that cannot be published. */
class PublishingFailureTest {
    private static final TopicPartition COMMANDS = new TopicPartition("commands", 0);
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int TOPIC_NAME_INVALID = 0x90;
    private static final int PACKET_TOO_LARGE = 0x95;
    private static final int QUOTA_EXCEEDED = 0x97;

    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;

    @AfterEach
    void close() {
        engine.close();
    }

    private Engine route(UnaryOperator<ToMqtt<byte[]>> more) {
        return engine.route(more.apply(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}/cmd")
                        .name("r"))
                .build());
    }

    private void awaitCommitted(long offset) {
        await("the offset " + offset).until(() -> log.committed("commands") == offset);
    }

    @Test
    void headers_becomeUserPropertiesInOrderWithRepeats_reservedAndMetadataNot() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append(
                "commands", "7", "on", "b", "2", "a", "1", "b", "3", "bridge.secret", "x", "mqtt.topic", "t", "ü", "é");

        assertThat(connection.expectPublish().properties().userProperties())
                .containsExactly(Map.entry("b", "2"), Map.entry("a", "1"), Map.entry("b", "3"), Map.entry("ü", "é"));
    }

    @Test
    void metadataHeaders_becomeTheirProperties() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        RecordHeaders headers = SourceLog.headers(
                "mqtt.content-type",
                "text/plain",
                "mqtt.response-topic",
                "answers/7",
                "mqtt.payload-format",
                "utf-8",
                "mqtt.expires-at",
                Long.toString(System.currentTimeMillis() + 3_600_000));
        headers.add(new RecordHeader("mqtt.correlation-data", new byte[] {0, (byte) 0xFF}));
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), headers);

        MqttProperties properties = connection.expectPublish().properties();

        assertThat(properties.text(MqttProperty.CONTENT_TYPE)).hasValue("text/plain");
        assertThat(properties.text(MqttProperty.RESPONSE_TOPIC)).hasValue("answers/7");
        assertThat(properties.number(MqttProperty.PAYLOAD_FORMAT_INDICATOR)).hasValue(1);
        assertThat(properties.data(MqttProperty.CORRELATION_DATA).orElseThrow()).containsExactly(0, 0xFF);
        assertThat(properties.number(MqttProperty.MESSAGE_EXPIRY_INTERVAL).orElseThrow())
                .isBetween(3_000L, 3_600L);
        assertThat(properties.userProperties()).isEmpty();
    }

    @Test
    void metadataProperties_tellWhereTheRecordCameFrom() {
        ScriptedConnection connection = route(ToMqtt::metadataProperties).publishing();
        log.append("commands", "7", "on");

        assertThat(connection.expectPublish().properties().userProperties())
                .containsExactly(
                        Map.entry("kafka.topic", "commands"),
                        Map.entry("kafka.partition", "0"),
                        Map.entry("kafka.offset", "0"));
    }

    @Test
    void deadlineOver_isDroppedCountedAndCommitted() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append("commands", "7", "late", "mqtt.expires-at", "1000");

        awaitCommitted(1);
        connection.expectNothing(QUIET);
        assertThat(engine.bridge().health().route("r").total().expired()).isEqualTo(1);
    }

    @Test
    void headerNotText_base64Asked_isEncoded() {
        ScriptedConnection connection =
                route(r -> r.binaryHeaders(BinaryHeaders.BASE64)).publishing();
        RecordHeaders headers = new RecordHeaders();
        headers.add(new RecordHeader("raw", new byte[] {(byte) 0xFF, 0}));
        headers.add(new RecordHeader("text", SourceLog.bytes("base64:")));
        headers.add(new RecordHeader("line", SourceLog.bytes("a\nb")));
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), headers);

        assertThat(connection.expectPublish().properties().userProperties())
                .containsExactly(
                        Map.entry("raw", "base64:/wA="),
                        Map.entry("text", "base64:YmFzZTY0Og=="),
                        Map.entry("line", "base64:YQpi"));
    }

    @Test
    void headerNotText_byDefault_stopsTheRouteUncommitted() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        RecordHeaders headers = new RecordHeaders();
        headers.add(new RecordHeader("raw", new byte[] {(byte) 0xFF}));
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), headers);

        RouteStopped stopped = engine.event(RouteStopped.class);

        assertThat(stopped.cause()).hasMessageContaining("header 'raw'").hasMessageContaining("binaryHeaders");
        assertThat(stopped.mqttTopic()).isEqualTo("commands-0@0");
        await().until(() -> engine.bridge().state() == BridgeState.FAILED);
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "a/#", "a\u0000b", "a\nb"})
    void key_makesTheTopicIllegal_isSkippedByPolicyAndTheNextIsPublished(String key) {
        ScriptedConnection connection =
                route(r -> r.onFailure(FailurePolicy.Builder::skip)).publishing();
        log.append("commands", key, "bad");
        log.append("commands", "7", "good");

        PublishPacket packet = connection.expectPublish();
        connection.puback(packet.packetId());

        assertThat(packet.payloadText()).isEqualTo("good");
        awaitCommitted(2);
        assertThat(engine.event(Skipped.class).cause()).hasMessageContaining("toMqtt");
    }

    @Test
    void tombstone_isAFailure() {
        ScriptedConnection connection =
                route(r -> r.onFailure(FailurePolicy.Builder::skip)).publishing();
        log.append("commands", "7", null);

        assertThat(engine.event(Skipped.class).cause()).hasMessageContaining("tombstone");
        awaitCommitted(1);
        connection.expectNothing(QUIET);
    }

    @Test
    void tombstone_deadLettered_staysOne() {
        route(r -> r.onFailure(f -> f.deadLetter("dead"))).publishing();
        log.append("commands", "7", null);

        Sent dead = engine.kafka.next();
        dead.confirm();

        assertThat(dead.record.value()).isNull();
        assertThat(new String(dead.record.key())).isEqualTo("7");
        awaitCommitted(1);
    }

    @Test
    void largerThanTheBrokerTakes_isDeadLetteredAndCommittedWhenConfirmed() {
        ScriptedConnection connection = route(r -> r.onFailure(f -> f.deadLetter("dead")))
                .publishing(MqttProperties.NONE.with(MqttProperty.MAXIMUM_PACKET_SIZE, 100));
        log.append("commands", "7", "x".repeat(200), "k", "v");

        Sent dead = engine.kafka.next("x".repeat(200));
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
        dead.confirm();

        awaitCommitted(1);
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(new String(dead.record.key())).isEqualTo("7");
        assertThat(dead.headers())
                .contains("bridge.dead-letter.route=r", "bridge.dead-letter.origin=commands-0@0", "k=v");
        assertThat(engine.event(DeadLettered.class).deadLetterTopic()).isEqualTo("dead");
    }

    @Test
    void puback_topicNameInvalid_isNotTriedAgain() {
        ScriptedConnection connection = route(r -> r.onFailure(
                        f -> f.retry(5, Backoff.fixed(Duration.ofMillis(1))).skip()))
                .publishing();
        log.append("commands", "7", "on");

        connection.puback(connection.expectPublish().packetId(), TOPIC_NAME_INVALID);

        assertThat(engine.event(Skipped.class).cause()).hasMessageContaining("topic name invalid");
        awaitCommitted(1);
        connection.expectNothing(QUIET);
    }

    @Test
    void puback_quotaExceeded_isTriedAgainUnderAnotherId() {
        ScriptedConnection connection = route(r -> r.onFailure(f -> f.retry(5, Backoff.fixed(Duration.ofMillis(1)))))
                .publishing();
        log.append("commands", "7", "on");

        connection.puback(connection.expectPublish().packetId(), QUOTA_EXCEEDED);
        PublishPacket again = connection.expectPublish();

        assertThat(again.dup()).isFalse();
        assertThat(again.payloadText()).isEqualTo("on");
        assertThat(log.committed("commands")).isEqualTo(-1);
        connection.puback(again.packetId());
        awaitCommitted(1);
        assertThat(engine.bridge().health().route("r").total().retries()).isEqualTo(1);
    }

    @Test
    void pubrec_notAuthorizedByDefault_stopsTheRoute() {
        ScriptedConnection connection =
                route(r -> r.qos(QoS.EXACTLY_ONCE).effectivelyOnce()).publishing();
        log.append("commands", "7", "on");

        connection.pubrec(connection.expectPublish().packetId(), NOT_AUTHORIZED);

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("not authorized");
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void retry_laterRecordsWait() {
        ScriptedConnection connection = route(r -> r.onFailure(
                        f -> f.retry(1, Backoff.fixed(Duration.ofMillis(300))).skip()))
                .publishing();
        log.append("commands", "+", "bad");
        log.append("commands", "7", "good");

        connection.expectNothing(QUIET);
        connection.puback(connection.expectPublish().packetId());

        awaitCommitted(2);
    }

    @Test
    void brokerTakesOffenceAgainAndAgain_stopsInsteadOfLooping() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append("commands", "7", "on");
        for (int i = 0; i < 3; i++) {
            connection.expectPublish();
            connection.disconnect(PACKET_TOO_LARGE);
            connection.close();
            if (i < 2) {
                connection = engine.broker.accept();
                connection.handshake(true);
            }
        }

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("packet too large");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void messageFromTheBroker_isAProtocolError() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();

        connection.publish(Engine.qos1(1, "a", "x"));

        connection.expectDisconnect(0x82);
    }
}
