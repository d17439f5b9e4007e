package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.error.MalformedPayloadException;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to messages that cannot be delivered, to malformed packets, and to messages in flight at the end. */
public class FailureTest {

    private static final int MALFORMED = 0x81;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void send_tooLargeWithDeadLetter_keepsThePayloadAndIsAcknowledged() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(policy -> policy.deadLetter("dead")))
                .connected();
        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload("x")
                .userProperty("k", "v")
                .build());
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));
        Sent dead = engine.kafka.next("x");
        dead.confirm();

        connection.expectPuback(1);
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.headers()).contains("bridge.dead-letter.route=t", "mqtt.topic=a/b", "k=v");
    }

    /** A repetition would hold up the messages behind it for hours. */
    @Test
    void decode_malformed_isDeadLetteredWithoutRetries() {
        ScriptedConnection connection = engine.route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .decode(PayloadCodec.utf8())
                        .toKafka("t")
                        .name("t")
                        .onFailure(policy -> policy.retry(5, Backoff.fixed(Duration.ofHours(1)))
                                .deadLetter("dead"))
                        .build())
                .connected();
        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload(new byte[] {(byte) 0xFF})
                .build());
        Sent dead = engine.kafka.next();
        dead.confirm();

        connection.expectPuback(1);
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.record.value()).containsExactly((byte) 0xFF);
        assertThat(dead.headers())
                .contains(
                        "bridge.dead-letter.cause=" + MalformedPayloadException.class.getName(),
                        "bridge.dead-letter.attempts=1");
    }

    @Test
    void deadLetter_userPropertyNamedLikeMetadata_doesNotForgeWhereItCameFrom() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(policy -> policy.deadLetter("dead")))
                .connected();
        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload("x")
                .userProperty("mqtt.topic", "forged")
                .build());
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        assertThat(engine.kafka.next("x").headers())
                .filteredOn(header -> header.contains("mqtt.topic"))
                .containsExactly("mqtt.topic=a/b", "user.mqtt.topic=forged");
    }

    @Test
    void send_tooLargeWithSkip_isAcknowledged() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(FailurePolicy.Builder::skip))
                .connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        connection.expectPuback(1);
    }

    @Test
    void send_tooLargeByDefault_stopsTheRouteUnacknowledged() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).origin()).isEqualTo("a/b");
    }

    @Test
    void publish_propertiesBeyondPacket_disconnectsAsMalformedAndReconnects() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.sendRaw(new byte[] {0x32, 6, 0, 1, 'a', 0, 1, 99});

        connection.expectDisconnect(MALFORMED);
        engine.established(true);
    }

    @Test
    void publish_inFragmentsOfOneByte_isProduced() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        for (byte one : qos1(1, "a/b", "x").encode()) {
            connection.sendRaw(new byte[] {one});
        }

        engine.kafka.next("x").confirm();
        connection.expectPuback(1);
    }

    @Test
    void publish_largerThan64Kilobytes_isProduced() {
        String large = "x".repeat(200_000);
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(qos1(1, "a/b", large));

        engine.kafka.next(large).confirm();
        connection.expectPuback(1);
    }

    @Test
    void publish_userProperties_becomeHeadersInOrderWithRepeats() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();

        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .userProperty("b", "1")
                .userProperty("a", "2")
                .userProperty("b", "3")
                .build());

        assertThat(engine.kafka.next().headers()).containsExactly("b=1", "a=2", "b=3");
    }

    @Test
    void close_confirmedWhileDraining_isAcknowledgedBeforeDisconnect() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .drainTimeout(Engine.PATIENCE)
                .connected();
        connection.publish(qos1(1, "a/b", "x"));
        Sent sent = engine.kafka.next("x");

        CompletableFuture<Void> closing = engine.closing();
        connection.expectNothing(QUIET);
        sent.confirm();

        connection.expectPuback(1);
        connection.expectDisconnect(0);
        closing.join();
    }

    @Test
    void close_neverConfirmed_leavesUnacknowledgedAndSaysSo() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");

        CompletableFuture<Void> closing = engine.closing();

        connection.expectDisconnect(0);
        closing.join();
        assertThat(unacknowledged()).isOne();
    }

    @Test
    void close_allAcknowledged_leavesNone() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        connection.expectPuback(1);

        engine.closing().join();

        assertThat(unacknowledged()).isZero();
    }

    @Test
    void close_connectionLostWhileDraining_saysWhatWasLeft() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .drainTimeout(Duration.ofSeconds(2))
                .connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");

        CompletableFuture<Void> closing = engine.closing();
        await().until(() -> engine.bridge().state() == BridgeState.DRAINING);
        connection.cut();

        closing.join();
        assertThat(unacknowledged()).isOne();
    }

    @Test
    void close_whileTheBrokerIsAway_saysWhatTheLastConnectionLeft() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        engine.broker.stop();
        await().until(() -> engine.events(Disconnected.class).size() >= 3);

        engine.closing().join();

        assertThat(unacknowledged()).isOne();
    }

    private int unacknowledged() {
        return engine.bridge().health().connections().get(0).unacknowledged();
    }

    @Test
    void codec_errorOfTheVirtualMachine_givesTheWindowBack() {
        AtomicBoolean failing = new AtomicBoolean(true);
        PayloadCodec<byte[]> codec = new PayloadCodec<>() {
            @Override
            public byte[] decode(byte[] payload, CodecContext context) {
                if (failing.getAndSet(false)) {
                    throw new OutOfMemoryError("for the test");
                }
                return payload;
            }

            @Override
            public byte[] encode(byte[] value, CodecContext context) {
                return value;
            }
        };
        ScriptedConnection connection = engine.route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .decode(codec)
                        .encode(codec)
                        .toKafka("t")
                        .build())
                .connected();

        connection.publish(qos1(1, "a/b", "x"));
        connection.expectClosed();
        connection = engine.established(true);
        connection.publish(qos1(1, "a/b", "x").duplicate());
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
        assertThat(engine.bridge().health().connections().get(0).inFlightBytes())
                .isZero();
    }

    /** It has left the ledger, but not the bridge. */
    @Test
    void close_whileAcknowledgementIsBeingWritten_waitsForIt() throws InterruptedException {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .failpoints(point -> {
                    if (point == Failpoint.BEFORE_ACKNOWLEDGEMENT) {
                        writing.countDown();
                        awaitFor(gone, Duration.ofMillis(300));
                    }
                })
                .connected();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        assertThat(writing.await(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Void> closing = engine.closing();

        connection.expectPuback(1);
        connection.expectDisconnect(0);
        gone.countDown();
        closing.join();
    }

    private static void awaitFor(CountDownLatch latch, Duration most) {
        try {
            latch.await(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
