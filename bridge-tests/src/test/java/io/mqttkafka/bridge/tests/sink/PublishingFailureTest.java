package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of headers, and of records that cannot be published. */
public class PublishingFailureTest {
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
    void headersOfUserPropertiesNamedLikeMetadata_goBackToTheirNames() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append(
                "commands",
                "7",
                "on",
                "user.mqtt.expires-at",
                "soon",
                "user.user.mqtt.topic",
                "2",
                "user.name",
                "kept",
                "user.mqtt.colour",
                "kept");

        assertThat(connection.expectPublish().properties().userProperties())
                .containsExactly(
                        Map.entry("mqtt.expires-at", "soon"),
                        Map.entry("user.mqtt.topic", "2"),
                        Map.entry("user.name", "kept"),
                        Map.entry("user.mqtt.colour", "kept"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mqtt.payload-format",
                "mqtt.content-type",
                "mqtt.response-topic",
                "mqtt.correlation-data",
                "mqtt.expires-at",
                "colour"
            })
    void headerWithoutValue_stopsTheRoute_metadataOrNot(String name) {
        route(UnaryOperator.identity()).publishing();
        log.append("commands", "7", "on", name, null);

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining(name)
                .hasMessageContaining("has no value");
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void metadataHeadersThatAreNoProperties_areLeftOut_withOrWithoutValue() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append(
                "commands",
                "7",
                "on",
                "mqtt.topic",
                null,
                "mqtt.qos",
                "x",
                "mqtt.retained",
                "x",
                "mqtt.duplicate",
                "x");

        assertThat(connection.expectPublish().properties().userProperties()).isEmpty();
    }

    @Test
    void headersOfTheCodec_countOverThoseOfTheRecord() {
        ScriptedConnection connection = engine.route(Route.fromKafka("commands")
                        .group("g")
                        .encode(new Labelling())
                        .toMqtt("devices/{key}/cmd")
                        .retainHeader("mqtt.retained")
                        .name("r")
                        .build())
                .publishing();
        log.append(
                "commands",
                "7",
                "on",
                "mqtt.content-type",
                "text/plain",
                "mqtt.expires-at",
                "1000",
                "mqtt.retained",
                "false",
                "mqtt.response-topic",
                "answers/7");

        PublishPacket packet = connection.expectPublish();

        assertThat(packet.retain()).isTrue();
        assertThat(packet.properties().text(MqttProperty.CONTENT_TYPE)).hasValue("application/json");
        assertThat(packet.properties().text(MqttProperty.RESPONSE_TOPIC)).hasValue("answers/7");
        assertThat(packet.properties()
                        .number(MqttProperty.MESSAGE_EXPIRY_INTERVAL)
                        .orElseThrow())
                .isBetween(3_000L, 3_600L);
        assertThat(packet.properties().userProperties()).containsExactly(Map.entry("schema", "7"));
    }

    /** Says what it has written, as a codec of several formats does. */
    private static final class Labelling implements PayloadCodec<byte[]> {
        @Override
        public byte[] decode(byte[] payload, CodecContext context) {
            return payload;
        }

        @Override
        public byte[] encode(byte[] value, CodecContext context) {
            context.addHeader("mqtt.content-type", SourceLog.bytes("application/json"));
            context.addHeader(
                    "mqtt.expires-at", SourceLog.bytes(Long.toString(System.currentTimeMillis() + 3_600_000)));
            context.addHeader("mqtt.retained", SourceLog.bytes("true"));
            context.addHeader("schema", SourceLog.bytes("7"));
            return value;
        }
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
        await().until(() -> engine.bridge().health().route("r").total().expired() == 1);
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
    void headerTooLong_stopsTheRoute_theLongestDoesNot() {
        ScriptedConnection connection = route(UnaryOperator.identity())
                .mqtt(options -> options.maxUserPropertyBytes(100_000))
                .publishing();
        log.append("commands", "7", "on", "long", "x".repeat(65_535));
        log.append("commands", "7", "on", "long", "x".repeat(65_536));

        assertThat(connection.expectPublish().properties().userProperties())
                .containsExactly(Map.entry("long", "x".repeat(65_535)));
        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessage(
                        "header 'long': its value of 65536 bytes cannot be an MQTT string; MQTT takes at most 65535 bytes"
                                + " of UTF-8 text without control characters, see binaryHeaders(..)");
    }

    /** Base64 makes four bytes of three and puts its name before them. */
    @Test
    void headerTooLongInBase64_stopsTheRoute_theLongestDoesNot() {
        ScriptedConnection connection = route(r -> r.binaryHeaders(BinaryHeaders.BASE64))
                .mqtt(options -> options.maxUserPropertyBytes(100_000))
                .publishing();
        int longest = (65_535 - "base64:".length()) / 4 * 3;
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), raw(longest));
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), raw(longest + 1));

        assertThat(connection.expectPublish().properties().userProperties()).hasSize(1);
        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageStartingWith(
                        "header 'raw': its value of " + (longest + 1) + " bytes cannot be an MQTT string");
    }

    private static RecordHeaders raw(int length) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(new RecordHeader("raw", new byte[length]));
        return headers;
    }

    @Test
    void headerWithoutValue_base64Asked_stopsTheRoute() {
        route(r -> r.binaryHeaders(BinaryHeaders.BASE64)).publishing();
        log.append("commands", "7", "on", "empty", null);

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageStartingWith("header 'empty': has no value")
                .hasMessageContaining("userProperties(false)")
                .hasMessageNotContaining("binaryHeaders");
    }

    @Test
    void headerName_noMqttString_stopsTheRoute() {
        route(UnaryOperator.identity()).publishing();
        log.append("commands", "7", "on", "a\nb", "x");

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("its name cannot be an MQTT string")
                .hasMessageContaining("userProperties(false)");
    }

    @Test
    void headerNotText_byDefault_stopsTheRouteUncommitted() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        RecordHeaders headers = new RecordHeaders();
        headers.add(new RecordHeader("raw", new byte[] {(byte) 0xFF}));
        log.append(COMMANDS, SourceLog.bytes("7"), SourceLog.bytes("on"), headers);

        RouteStopped stopped = engine.event(RouteStopped.class);

        assertThat(stopped.cause()).hasMessageContaining("header 'raw'").hasMessageContaining("binaryHeaders");
        assertThat(stopped.origin()).isEqualTo("commands-0@0");
        await().until(() -> engine.bridge().state() == BridgeState.FAILED);
        connection.expectDisconnect(0);
        connection.expectClosed();
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
    void decode_malformed_isDeadLetteredWithoutRetries() {
        engine.route(Route.fromKafka("commands")
                        .group(SourceLog.GROUP)
                        .decode(PayloadCodec.utf8())
                        .encode(PayloadCodec.utf8())
                        .toMqtt("devices/{key}/cmd")
                        .qos(QoS.AT_LEAST_ONCE)
                        .onFailure(f ->
                                f.retry(5, Backoff.fixed(Duration.ofHours(1))).deadLetter("dead"))
                        .build())
                .publishing();
        log.append(new TopicPartition("commands", 0), new byte[] {'7'}, new byte[] {(byte) 0xFF}, new RecordHeaders());

        Sent dead = engine.kafka.next();
        dead.confirm();

        assertThat(dead.headers()).contains("bridge.dead-letter.attempts=1");
        awaitCommitted(1);
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

    /** Another client may have written what our producer would not, and a topic may take less than the one it came from. */
    @Test
    void deadLetter_tooLargeForKafka_isCutUntilItFits() {
        route(r -> r.onFailure(f -> f.deadLetter("dead"))).publishing();
        String value = "0123456789".repeat(1_000);
        log.append("commands", "+", value, "k", "v", "large", "x".repeat(9_000));
        engine.kafka.next(value).fail(new RecordTooLargeException("too large"));

        Sent cut = engine.kafka.next();
        assertThat(value).startsWith(cut.value());
        assertThat(log.committed("commands")).isEqualTo(-1);
        cut.confirm();

        awaitCommitted(1);
        assertThat(cut.value()).hasSizeBetween(4_000, 9_999);
        assertThat(new String(cut.record.key())).isEqualTo("+");
        assertThat(cut.headers())
                .contains(
                        "bridge.dead-letter.cut=payload,headers",
                        "bridge.dead-letter.size=10000",
                        "bridge.dead-letter.origin=commands-0@0",
                        "k=v");
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void deadLetter_tooLargeHoweverSmall_stopsUncommitted() {
        route(r -> r.onFailure(f -> f.deadLetter("dead"))).publishing();
        log.append("commands", "+", "x".repeat(10_000));
        while (engine.events(RouteStopped.class).isEmpty()) {
            engine.kafka.poll(QUIET).ifPresent(sent -> sent.fail(new RecordTooLargeException("too large")));
        }

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("onFailure.deadLetter: 'dead'");
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    /** No record can be at fault for that: giving them up would lose them all. */
    @Test
    void failureOfTheProgram_stopsTheRouteAndGivesNothingUp() {
        try (LogCapture lines = new LogCapture()) {
            engine.route(Route.fromKafka("commands")
                            .group(SourceLog.GROUP)
                            .filter(payload -> {
                                throw new IllegalStateException(
                                        "canary", new NoSuchMethodError("'void com.example.Old.gone()'"));
                            })
                            .toMqtt("devices/{key}/cmd")
                            .onFailure(f -> f.retry(5, Backoff.fixed(Duration.ofMillis(1)))
                                    .deadLetter("dead"))
                            .build())
                    .publishing();
            log.append("commands", "7", "on");

            assertThat(engine.event(RouteStopped.class).cause())
                    .hasMessageContaining(
                            "the code of the route cannot run: java.lang.NoSuchMethodError ('void com.example.Old.gone()')");
            engine.kafka.expectNothing(QUIET);
            engine.expectNoEvent(Retry.class);
            assertThat(log.committed("commands")).isEqualTo(-1);
            assertThat(lines.lines())
                    .anyMatch(line -> line.contains("PublishingFailureTest.java:"))
                    .noneMatch(line -> line.contains("canary"));
        }
    }

    @Test
    void firstSkip_isLogged_withTheUsersFrames_thenTheyAreCounted() {
        try (LogCapture lines = new LogCapture()) {
            engine.route(Route.fromKafka("commands")
                            .group(SourceLog.GROUP)
                            .filter(payload -> {
                                throw new IllegalStateException("canary");
                            })
                            .toMqtt("devices/{key}/cmd")
                            .name("r")
                            .onFailure(FailurePolicy.Builder::skip)
                            .build())
                    .publishing();
            log.append("commands", "7", "1");
            log.append("commands", "7", "2");
            log.append("commands", "7", "3");
            awaitCommitted(3);
            engine.close();

            assertThat(lines.lines())
                    .filteredOn(line -> line.contains("skipped and lost"))
                    .allMatch(line -> line.contains("PublishingFailureTest.java:"))
                    .satisfiesExactly(
                            first -> assertThat(first).contains("Route 'r'", "a message at 'commands-0@0'"),
                            rest -> assertThat(rest).contains("2 more messages, the last one at 'commands-0@2'"));
            assertThat(lines.lines()).noneMatch(line -> line.contains("canary"));
        }
    }

    /** Whoever writes the dead letter back to its topic writes its headers back too. */
    @Test
    void deadLetterThatFailsAgain_tellsTheNewCauseOnly() {
        route(r -> r.onFailure(f -> f.deadLetter("dead"))).publishing();
        log.append(
                "commands",
                "+",
                "x",
                "bridge.dead-letter.route",
                "old",
                "bridge.dead-letter.cause",
                "old",
                "bridge.dead-letter.message",
                "old",
                "bridge.dead-letter.attempts",
                "9",
                "bridge.dead-letter.origin",
                "old",
                "bridge.dead-letter.later",
                "old",
                "k",
                "v");

        assertThat(engine.kafka.next("x").headers())
                .contains("bridge.dead-letter.route=r", "bridge.dead-letter.origin=commands-0@0", "k=v")
                .filteredOn(header -> header.startsWith("bridge.dead-letter."))
                .hasSize(5)
                .noneMatch(header -> header.endsWith("=old") || header.endsWith("=9"));
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

    /** It asks for patience: by default a failure would stop the route. */
    @Test
    void puback_quotaExceeded_isNoFailure_andIsSentAgainBeforeWhatComesAfter() {
        ScriptedConnection connection = route(r -> r).publishing();
        log.append("commands", "7", "on");
        log.append("commands", "7", "off");
        int first = connection.expectPublish().packetId();
        int second = connection.expectPublish().packetId();

        connection.puback(first, QUOTA_EXCEEDED);
        connection.puback(second, QUOTA_EXCEEDED);
        await().until(() -> engine.bridge().health().connections().get(0).lastError() != null);
        log.append("commands", "7", "later");
        PublishPacket again = connection.expectPublish();

        assertThat(again.dup()).isFalse();
        assertThat(again.payloadText()).isEqualTo("on");
        // One at a time now: two were too many.
        connection.expectNothing(QUIET);
        connection.puback(again.packetId());
        acknowledge(connection, "off");
        acknowledge(connection, "later");
        awaitCommitted(3);
        assertThat(engine.bridge().health().route("r").total().retries()).isZero();
    }

    private static void acknowledge(ScriptedConnection connection, String payload) {
        PublishPacket packet = connection.expectPublish();
        assertThat(packet.payloadText()).isEqualTo(payload);
        connection.puback(packet.packetId());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x89, 0x93, 0x96, 0x97, 0x9F})
    void disconnect_asksForPatience_fewerAreOnTheirWayAfterwards_inOrder(int reasonCode) {
        ScriptedConnection first = route(r -> r).publishing();
        for (int i = 0; i < 4; i++) {
            log.append("commands", "7", "x" + i);
        }
        for (int i = 0; i < 4; i++) {
            assertThat(first.expectPublish().payloadText()).isEqualTo("x" + i);
        }
        first.disconnect(reasonCode);
        first.cut();

        ScriptedConnection second = engine.broker.accept();
        second.handshake(true);
        PublishPacket x0 = second.expectPublish();
        PublishPacket x1 = second.expectPublish();
        assertThat(x0.payloadText()).isEqualTo("x0");
        assertThat(x1.payloadText()).isEqualTo("x1");
        second.expectNothing(QUIET);
        second.puback(x0.packetId());
        second.puback(x1.packetId());
        acknowledge(second, "x2");
        acknowledge(second, "x3");
        awaitCommitted(4);
    }

    /** A broker that closes at a message, as AWS IoT Core does at a topic without rights: the message is to blame. */
    @Test
    void connectionEnds_atTheSameMessageAgainAndAgain_isAFailureOfThatMessage() {
        ScriptedConnection connection = route(r -> r.onFailure(
                        f -> f.retry(1, Backoff.fixed(Duration.ofMillis(1))).skip()))
                .publishing();
        log.append("commands", "7", "poison");
        log.append("commands", "7", "on");
        for (int i = 0; i < 5; i++) {
            assertThat(connection.expectPublish().payloadText()).isEqualTo("poison");
            connection = engine.publishingAgain(connection, true);
        }

        acknowledge(connection, "on");
        assertThat(engine.event(Skipped.class).cause())
                .hasMessageContaining("5 connections in a row have ended before the MQTT broker answered to a message");
        awaitCommitted(2);
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
