package io.mqttkafka.bridge.testkit.engine;

import static io.mqttkafka.bridge.testkit.engine.Engine.PATIENCE;
import static io.mqttkafka.bridge.testkit.engine.Engine.QUIET;
import static io.mqttkafka.bridge.testkit.engine.Engine.qos1;
import static io.mqttkafka.bridge.testkit.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.PublishPacket;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import io.mqttkafka.bridge.testkit.engine.FakeKafka.Sent;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages of QoS 2 that go by transactions, and what happens when nobody knows how one ended. */
class TransactionTest {
    private static final int LARGE = 2_000;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.kafka.transactions.beforeCommit = () -> {};
        engine.kafka.transactions.beforeOpen = () -> {};
        engine.close();
    }

    @Test
    void publish_committed_isAcknowledged() {
        ScriptedConnection connection = engine.exactlyOnce("a/#", "t").connected();

        connection.publish(qos2(7, "a/b", "x"));

        connection.expectPubrec(7);
        assertThat(engine.kafka.transactions.committed()).containsExactly("x");
        connection.pubrel(7);
        connection.expectPubcomp(7);
    }

    @Test
    void publish_outcomeUnknown_isWrittenWhenItComesAgain() {
        ScriptedConnection connection = engine.exactlyOnce("a/#", "t").connected();
        failOnce();

        connection.publish(qos2(7, "a/b", "x"));
        connection.expectClosed();
        connection = engine.established(true);
        connection.publish(again(7, "a/b", "x"));

        connection.expectPubrec(7);
        assertThat(engine.kafka.transactions.committed()).containsExactly("x");
    }

    /** Only a restart gives the window back, so the restart must not wait for the window. */
    @Test
    void publish_outcomeUnknownWhileWaitingForRoom_connectsAgain() {
        ScriptedConnection connection = engine.exactlyOnce("a/#", "t")
                .mqtt(options -> options.keepAlive(Duration.ofSeconds(2))
                        .maximumPacketSize(2 * LARGE)
                        .maxInFlightBytes(2 * LARGE))
                .connected();
        CountDownLatch hung = new CountDownLatch(1);
        engine.kafka.transactions.beforeCommit = () -> {
            awaitLatch(hung);
            engine.kafka.transactions.beforeCommit = () -> {};
            throw new KafkaException("nobody knows");
        };
        String large = "x".repeat(LARGE - 200);

        connection.publish(qos2(1, "a/b", large), qos2(2, "a/b", large), qos2(3, "a/b", large));
        engine.event(Disconnected.class);
        engine.broker.expectNoConnection(QUIET);
        hung.countDown();

        connection = engine.established(true);
        connection.publish(again(1, "a/b", large));
        connection.expectPubrec(1);
    }

    @Test
    void stop_whileTransactionsStartAfresh_isTold() {
        ScriptedConnection connection = engine.exactlyOnce("a/#", "t")
                .route("b/#", QoS.AT_LEAST_ONCE, "u")
                .connected();
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch opened = new CountDownLatch(1);
        engine.kafka.transactions.beforeOpen = () -> {
            opening.countDown();
            awaitLatch(opened);
        };
        failOnce();
        connection.publish(qos1(1, "b/b", "y"));
        Sent sent = engine.kafka.next("y");
        connection.publish(qos2(2, "a/b", "x"));
        awaitLatch(opening);

        sent.fail(new RecordTooLargeException("too large"));
        await().atMost(PATIENCE)
                .until(() -> engine.bridge().health().routes().get(1).lastError() != null);
        opened.countDown();

        assertThat(engine.event(RouteStopped.class).mqttTopic()).isNull();
        assertThat(engine.events(RouteStopped.class, 2)).anyMatch(stopped -> "b/b".equals(stopped.mqttTopic()));
    }

    /** The next commit fails, and nobody knows what became of it. */
    private void failOnce() {
        engine.kafka.transactions.beforeCommit = () -> {
            engine.kafka.transactions.beforeCommit = () -> {};
            throw new KafkaException("nobody knows");
        };
    }

    private static PublishPacket again(int packetId, String topic, String payload) {
        return qos2(packetId, topic, payload).duplicate();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting", e);
        }
    }
}
