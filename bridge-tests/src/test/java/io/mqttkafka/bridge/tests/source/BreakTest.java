package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A record whose outcome nobody knows takes what is behind it along; and what is begun anew in vain comes to an end. */
class BreakTest {

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void record_expiresBeforeOthers_nothingBehindItIsWrittenFirst(int qos) {
        ScriptedConnection first = engine.route("a/#", QoS.of(qos), "t").connected();
        first.publish(message(qos, 1), message(qos, 2), message(qos, 3));
        Sent one = engine.kafka.next("1");
        Sent two = engine.kafka.next("2");
        engine.kafka.next("3");

        one.fail(new TimeoutException("expired"));
        // The producer is closed by now, and has given it up: this comes too late.
        two.confirm();
        first.expectClosed();

        ScriptedConnection second = engine.established(true);
        second.publish(
                message(qos, 1).duplicate(),
                message(qos, 2).duplicate(),
                message(qos, 3).duplicate());
        confirmInOrder("1", "2", "3");
        for (int id = 1; id <= 3; id++) {
            acknowledged(second, qos, id);
        }
    }

    /** Its next attempt is an hour away, and it is older than the message that has to come again first. */
    @Test
    void record_expiresWhileOthersWaitInTheLane_theyComeAgainBehindIt() {
        AtomicBoolean failing = new AtomicBoolean(true);
        PayloadCodec<String> codec = codec(payload -> {
            if (failing.get() && payload.equals("2")) {
                throw new IllegalStateException("not yet");
            }
        });
        ScriptedConnection first = engine.route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .decode(codec)
                        .encode(codec)
                        .toKafka("t")
                        .name("t")
                        .onFailure(policy -> policy.retry(5, Backoff.fixed(Duration.ofHours(1)))
                                .stop())
                        .build())
                .connected();
        first.publish(message(1, 1), message(1, 2), message(1, 3));
        engine.kafka.next("1").fail(new TimeoutException("expired"));
        first.expectClosed();
        failing.set(false);

        ScriptedConnection second = engine.established(true);
        second.publish(
                message(1, 1).duplicate(),
                message(1, 2).duplicate(),
                message(1, 3).duplicate());

        confirmInOrder("1", "2", "3");
        acknowledged(second, 1, 1);
        acknowledged(second, 1, 2);
        acknowledged(second, 1, 3);
    }

    @Test
    void record_deniedBeforeOthers_comesAgainAndIsTriedAlone() {
        ScriptedConnection first = engine.route(
                        "a/#",
                        QoS.AT_LEAST_ONCE,
                        "t",
                        route -> route.onFailure(policy -> policy.retry(5, Backoff.fixed(Duration.ofMillis(1)))
                                .stop()))
                .connected();
        first.publish(message(1, 1), message(1, 2));
        Sent one = engine.kafka.next("1");
        Sent two = engine.kafka.next("2");
        one.fail(new TopicAuthorizationException(Set.of("t")));
        two.confirm();
        first.expectClosed();

        ScriptedConnection second = engine.established(true);
        second.publish(message(1, 1).duplicate(), message(1, 2).duplicate());
        engine.kafka.next("1").fail(new TopicAuthorizationException(Set.of("t")));
        Sent again = engine.kafka.next("1");
        engine.kafka.expectNothing(QUIET);
        again.confirm();
        engine.kafka.next("2").confirm();

        acknowledged(second, 1, 1);
        acknowledged(second, 1, 2);
    }

    @Test
    void record_breaksEachProducer_endsInTheFailurePolicy() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(policy -> policy.deadLetter("dead")))
                .connected();
        for (int restart = 1; restart < Restarts.MOST; restart++) {
            connection.publish(message(1, 1));
            engine.kafka.next("1").fail(new UnknownServerException("it does not say why"));
            connection.expectClosed();
            connection = engine.established(true);
        }
        connection.publish(message(1, 1).duplicate());
        engine.kafka.next("1").fail(new UnknownServerException("it does not say why"));
        Sent dead = engine.kafka.next("1");
        dead.confirm();

        acknowledged(connection, 1, 1);
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.headers()).anySatisfy(header -> assertThat(header)
                .contains("producers in a row have failed", "UnknownServerException: it does not say why"));
    }

    @Test
    void record_breaksEachProducerByDefault_stopsTheRouteAndSaysWhy() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        for (int restart = 1; restart < Restarts.MOST; restart++) {
            connection.publish(message(1, 1));
            engine.kafka.next("1").fail(new KafkaException(new UnsatisfiedLinkError("no snappyjava")));
            connection.expectClosed();
            connection = engine.established(true);
        }
        connection.publish(message(1, 1).duplicate());
        engine.kafka.next("1").fail(new KafkaException(new UnsatisfiedLinkError("no snappyjava")));

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("UnsatisfiedLinkError: no snappyjava");
    }

    /** What cannot be told from an outage must not end the bridge. */
    @Test
    void record_expiresMoreOftenThanRestartsAreCounted_isTriedOn() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        for (int restart = 0; restart < 2 * Restarts.MOST; restart++) {
            connection.publish(message(1, 1));
            engine.kafka.next("1").fail(new TimeoutException("expired"));
            connection.expectClosed();
            connection = engine.established(true);
        }
        connection.publish(message(1, 1).duplicate());
        engine.kafka.next("1").confirm();

        acknowledged(connection, 1, 1);
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void transaction_failsEachTime_stopsTheRouteAndSaysWhy() {
        engine.exactlyOnce("a/#", "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        engine.kafka.transactions.next().commit();
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();
        for (int restart = 1; restart < Restarts.MOST; restart++) {
            connection.publish(message(2, 1));
            engine.kafka.transactions.next("t=1").fail(new UnknownServerException("it does not say why"));
            connection.expectClosed();
            connection = engine.established(true);
        }
        connection.publish(message(2, 1).duplicate());
        engine.kafka.transactions.next("t=1").fail(new UnknownServerException("it does not say why"));

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("transactions in a row have failed")
                .hasMessageContaining("it does not say why");
    }

    private void confirmInOrder(String... values) {
        for (String value : values) {
            engine.kafka.next(value).confirm();
        }
    }

    private static void acknowledged(ScriptedConnection connection, int qos, int id) {
        if (qos == 1) {
            connection.expectPuback(id);
        } else {
            connection.expectPubrec(id);
        }
    }

    private static PublishPacket message(int qos, int number) {
        String payload = Integer.toString(number);
        return qos == 1 ? qos1(number, "a/b", payload) : qos2(number, "a/b", payload);
    }

    private static PayloadCodec<String> codec(Consumer<String> beforeDecoding) {
        return new PayloadCodec<>() {
            @Override
            public String decode(byte[] payload, CodecContext context) {
                String text = new String(payload, StandardCharsets.UTF_8);
                beforeDecoding.accept(text);
                return text;
            }

            @Override
            public byte[] encode(String value, CodecContext context) {
                return value.getBytes(StandardCharsets.UTF_8);
            }
        };
    }
}
