package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Stalled;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Brokers that fall silent, a Kafka that does not confirm, and user code that blocks. */
public class LivenessTest {

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(2);

    private final Engine engine = new Engine();
    private final CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void close() {
        goOn.countDown();
        engine.close();
    }

    @Test
    void stall_oldestMessageNotConfirmed_isToldOncePerThreshold() {
        Duration threshold = Duration.ofMillis(300);
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .stallThreshold(threshold)
                .connected();

        connection.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"));

        Stalled first = engine.events(Stalled.class, 2).get(0);
        Stalled second = engine.events(Stalled.class).get(1);
        assertThat(first.clientId()).isEqualTo("layer-b");
        assertThat(first.unacknowledged()).isEqualTo(2);
        assertThat(first.oldest()).isGreaterThanOrEqualTo(threshold);
        assertThat(second.oldest().minus(first.oldest())).isGreaterThanOrEqualTo(threshold);
    }

    @Test
    void stall_onlyLaterMessageNotConfirmed_countsFromItsReceipt() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .stallThreshold(Duration.ofMillis(300))
                .connected();
        connection.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"));
        engine.kafka.next("1").confirm();
        connection.expectPuback(1);
        Sent second = engine.kafka.next("2");

        await().until(() -> engine.events(Stalled.class).stream().anyMatch(told -> told.unacknowledged() == 1));

        second.confirm();
        connection.expectPuback(2);
    }

    @Test
    void pings_notAnswered_reconnects() {
        ScriptedConnection first = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.keepAlive(KEEP_ALIVE))
                .connected();
        first.answerPings(false);

        first.expectPingreq();
        first.expectClosed();

        engine.established(true);
        assertThat(engine.event(Disconnected.class).reason()).contains("does not answer pings");
    }

    @Test
    void connack_never_triesAgain() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.connectTimeout(Duration.ofSeconds(1)))
                .start();
        ScriptedConnection first = engine.broker.accept();
        first.expectConnect();

        first.expectClosed();

        engine.established(false);
        engine.awaitStarted();
    }

    @Test
    void suback_never_triesAgain() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.connectTimeout(Duration.ofSeconds(1)))
                .start();
        ScriptedConnection first = engine.broker.accept();
        first.handshake(false);
        first.expectSubscribe();

        first.expectClosed();

        engine.established(true);
        engine.awaitStarted();
        assertThat(engine.event(Disconnected.class).reason()).contains("SUBSCRIBE");
    }

    @Test
    void window_full_dropsTheConnectionUntilKafkaConfirms() {
        ScriptedConnection first = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.keepAlive(KEEP_ALIVE).receiveMaximum(1))
                .connected();
        first.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"));
        Sent sent = engine.kafka.next("1");

        first.expectClosed();
        assertThat(engine.event(Disconnected.class).reason()).contains("mqtt.receiveMaximum");
        sent.confirm();

        ScriptedConnection second = engine.established(true);
        second.publish(qos1(1, "a/1", "1").duplicate(), qos1(2, "a/2", "2").duplicate());
        second.expectPuback(1);
        engine.kafka.next("2").confirm();
        second.expectPuback(2);
    }

    /** As code does that was interrupted while it waited for something, and says so. */
    @Test
    void filter_leavesTheThreadInterrupted_connectionGoesOn() {
        ScriptedConnection connection = engine.route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .filter(payload -> {
                            Thread.currentThread().interrupt();
                            return true;
                        })
                        .toKafka("t")
                        .name("t")
                        .build())
                .connected();
        for (int id = 1; id <= 3; id++) {
            connection.publish(qos1(id, "a/b", "x" + id));
            engine.kafka.next("x" + id).confirm();
            connection.expectPuback(id);
        }
    }

    @Test
    void codec_blocks_dropsTheConnectionAndConnectsAgainWhenItReturns() {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .filter(payload -> awaitGoOn())
                .toKafka("t")
                .name("t")
                .build();
        ScriptedConnection first = engine.route(route)
                .mqtt(options -> options.keepAlive(KEEP_ALIVE))
                .connected();

        first.publish(qos1(1, "a/b", "x"));
        first.expectClosed();
        engine.broker.expectNoConnection(Engine.QUIET);
        goOn.countDown();

        ScriptedConnection second = engine.established(true);
        second.publish(qos1(1, "a/b", "x").duplicate());
        engine.kafka.next("x").confirm();
        second.expectPuback(1);
        assertThat(engine.event(Disconnected.class).reason()).contains("may block");
    }

    @Test
    void acknowledgements_notWrittenForTwiceTheKeepAlive_dropsTheConnection() {
        AtomicBoolean stuck = new AtomicBoolean();
        ScriptedConnection first = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.keepAlive(KEEP_ALIVE))
                .failpoints(point -> {
                    if (point == Failpoint.BEFORE_ACKNOWLEDGEMENT) {
                        stuck.set(true);
                        awaitGoOn();
                    }
                })
                .connected();
        first.publish(qos1(1, "a/1", "1"));
        engine.kafka.next("1").confirm();
        await().untilTrue(stuck);

        first.publish(qos1(2, "a/2", "2"));
        engine.kafka.next("2").confirm();
        first.expectClosed();

        ScriptedConnection second = engine.established(true);
        second.publish(qos1(2, "a/2", "2").duplicate());
        // Not before, or the acknowledgement could still go to the connection that has ended.
        goOn.countDown();
        second.expectPuback(2);
        engine.kafka.expectNothing(Engine.QUIET);
        assertThat(engine.event(Disconnected.class).reason())
                .contains("acknowledgements could not be written for PT4S", "mqtt.keepAlive");
    }

    private boolean awaitGoOn() {
        try {
            return goOn.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
