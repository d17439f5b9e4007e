package io.mqttkafka.bridge.tests.bridge;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.codecs.JsonCodec;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.Unrouted;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Neither payloads nor credentials show in a log line, an event, the health or the options. */
class SecretsTest {

    private static final String PAYLOAD = "payload-canary";
    private static final String PASSWORD = "password-canary";
    private static final String TOKEN = "token-canary";

    private final LogCapture log = new LogCapture();
    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
        log.close();
    }

    @Test
    void messages_deliveredRetriedAndRefused_leaveNoTrace() {
        Route json = Route.fromMqtt("json/#")
                .qos(QoS.AT_LEAST_ONCE)
                .decode(JsonCodec.of(Integer.class))
                .toKafka("json")
                .name("json")
                .onFailure(policy -> policy.deadLetter("dead"))
                .build();
        Route throwing = Route.fromMqtt("throwing/#")
                .qos(QoS.AT_LEAST_ONCE)
                .filter(payload -> refuse(payload))
                .toKafka("throwing")
                .name("throwing")
                .onFailure(policy -> policy.skip())
                .build();
        Route denied = Route.fromMqtt("denied/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("denied")
                .name("denied")
                .onFailure(policy -> policy.retry(1, Backoff.fixed(Duration.ofMillis(1))))
                .build();
        ScriptedConnection connection = engine.route(json)
                .route(throwing)
                .route(denied)
                .route("a/#", QoS.EXACTLY_ONCE, "t")
                .mqtt(options -> options.unrouted(Unrouted.ACKNOWLEDGE))
                .connected();

        connection.publish(qos1(1, "json/x", PAYLOAD), qos1(2, "throwing/x", PAYLOAD), qos1(3, "unrouted/x", PAYLOAD));
        engine.kafka.next(PAYLOAD).confirm();
        connection.expectPuback(1);
        connection.expectPuback(2);
        connection.expectPuback(3);
        connection.publish(qos1(6, "denied/x", PAYLOAD));
        engine.kafka.next(PAYLOAD).fail(new TopicAuthorizationException("denied"));
        engine.kafka.next(PAYLOAD).confirm();
        connection.expectPuback(6);
        connection.publish(PublishPacket.to("a/b")
                .qos(2)
                .packetId(4)
                .payload(PAYLOAD)
                .userProperty("k", PAYLOAD)
                .correlationData(PAYLOAD.getBytes(StandardCharsets.UTF_8))
                .build());
        engine.kafka.next(PAYLOAD).confirm();
        connection.expectPubrec(4);
        connection.pubrel(4);
        connection.expectPubcomp(4);
        connection.publish(qos2(5, "a/b", PAYLOAD));
        engine.kafka.next(PAYLOAD).fail(new RecordTooLargeException("too large"));
        connection.expectDisconnect(0);

        engine.event(RouteStopped.class);
        expectNoTraceOf(PAYLOAD);
        expectNone(PAYLOAD, engine.events(Retry.class), engine.events(DeadLettered.class));
        expectNone(
                PAYLOAD,
                engine.events(RouteStopped.class),
                List.of(engine.bridge().health()));
    }

    @Test
    void error_thatBreaksTheReader_isToldWithoutItsMessage() {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .filter(payload -> {
                    throw new OutOfMemoryError(new String(payload, StandardCharsets.UTF_8));
                })
                .toKafka("t")
                .name("t")
                .build();
        ScriptedConnection connection = engine.route(route).connected();

        connection.publish(qos1(1, "a/b", PAYLOAD));
        connection.expectClosed();
        engine.established(true);

        assertThat(engine.event(Disconnected.class).reason()).contains("OutOfMemoryError");
        expectNoTraceOf(PAYLOAD);
        expectNone(PAYLOAD, engine.events(Disconnected.class));
    }

    @Test
    void malformedPacket_isToldWithoutItsContent() {
        ScriptedConnection connection =
                engine.route("#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(qos1(1, "a/+", PAYLOAD));
        connection.expectDisconnect(0x81);
        connection.expectClosed();
        engine.established(true);

        expectNoTraceOf(PAYLOAD);
        expectNone(PAYLOAD, engine.events(Disconnected.class));
    }

    @Test
    void credentials_sentAndRefused_leaveNoTrace() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.credentials("user", PASSWORD))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        ConnectPacket connect = connection.expectConnect();
        connection.connack(false, 0x87);

        assertThat(connect.password()).hasValueSatisfying(password -> assertThat(password)
                .isEqualTo(PASSWORD.getBytes(StandardCharsets.UTF_8)));
        assertThat(stackTrace(engine.startFailure())).doesNotContain(PASSWORD);
        expectNoTraceOf(PASSWORD);
        expectNone(
                PASSWORD,
                engine.events(Disconnected.class),
                List.of(engine.bridge().health()));
    }

    @Test
    void serverUriWithToken_leavesNoTrace() {
        // The second address is never reached, but it is not on this machine: the user is warned of it.
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.serverUri("ws://192.0.2.1/mqtt?token=" + TOKEN)
                        .credentials("user", PASSWORD)
                        .unsubscribe("old/#"))
                .start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        UnsubscribePacket unsubscribe = connection.expectUnsubscribe();
        connection.unsuback(unsubscribe.packetId(), 0);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        assertThat(log.lines()).anyMatch(line -> line.contains("in the clear"));
        expectNoTraceOf(TOKEN);
        expectNoTraceOf(PASSWORD);
    }

    @Test
    void options_asText_showNeitherPasswordNorToken() {
        MqttOptions options = MqttOptions.builder()
                .serverUri("ws://broker/mqtt?token=" + TOKEN)
                .credentials("user", PASSWORD)
                .build();

        assertThat(options.toString()).doesNotContain(TOKEN).doesNotContain(PASSWORD);
    }

    private void expectNoTraceOf(String canary) {
        assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains(canary));
    }

    private static void expectNone(String canary, List<?>... told) {
        for (List<?> some : told) {
            assertThat(some).isNotEmpty().noneMatch(one -> one.toString().contains(canary));
        }
    }

    private static String stackTrace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static boolean refuse(byte[] payload) {
        throw new IllegalArgumentException("refused: " + new String(payload, StandardCharsets.UTF_8));
    }
}
