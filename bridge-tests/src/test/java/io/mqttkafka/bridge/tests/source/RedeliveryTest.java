package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to messages that come again after the connection was lost. */
class RedeliveryTest {

    private static final int TAKEN_OVER = 0x8E;

    private final Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t");

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void redelivery_stillInFlight_isNotProducedAgainButAcknowledged() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        Sent sent = engine.kafka.next("x");
        ScriptedConnection second = engine.reconnected(first, true);

        second.publish(qos1(1, "a/b", "x").duplicate());
        engine.kafka.expectNothing(QUIET);
        sent.confirm();

        second.expectPuback(1);
    }

    @Test
    void redelivery_sessionNotPresent_isProduced() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        ScriptedConnection second = engine.reconnected(first, false);

        second.publish(qos1(1, "a/b", "x").duplicate());

        engine.kafka.next("x").confirm();
        second.expectPuback(1);
    }

    @Test
    void redelivery_otherPayload_isProduced() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        ScriptedConnection second = engine.reconnected(first, true);

        second.publish(qos1(1, "a/b", "y").duplicate());

        engine.kafka.next("y").confirm();
        second.expectPuback(1);
    }

    @Test
    void publish_sameIdWithoutDupAfterReconnect_isProduced() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        ScriptedConnection second = engine.reconnected(first, true);

        second.publish(qos1(1, "a/b", "x"));

        engine.kafka.next("x").confirm();
        second.expectPuback(1);
    }

    @Test
    void redelivery_qos2AfterPubrecWasLost_getsPubrecOnly() {
        Engine exactly = new Engine().route("a/#", QoS.EXACTLY_ONCE, "t");
        try (exactly) {
            ScriptedConnection first = exactly.connected();
            first.publish(qos2(1, "a/b", "x"));
            exactly.kafka.next("x").confirm();
            first.expectPubrec(1);
            ScriptedConnection second = exactly.reconnected(first, true);

            second.publish(qos2(1, "a/b", "x").duplicate());

            second.expectPubrec(1);
            exactly.kafka.expectNothing(QUIET);
        }
    }

    @Test
    void reconnect_sessionNotPresent_tellsSessionLost() {
        engine.reconnected(engine.connected(), false);

        assertThat(engine.event(SessionLost.class).clientId()).isEqualTo("layer-b");
    }

    @Test
    void reconnect_sessionLostAfterRefusedAttempts_tellsWhatWasUnacknowledged() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        engine.broker.stop();
        await().until(() -> engine.events(Disconnected.class).size() >= 3);
        engine.broker.restart();

        engine.established(false);

        assertThat(engine.event(SessionLost.class).unacknowledged()).isOne();
    }

    @Test
    void send_expired_isDeliveredAgainByANewProducer() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new TimeoutException("expired"));
        first.expectClosed();
        ScriptedConnection second = engine.established(true);

        second.publish(qos1(1, "a/b", "x").duplicate());
        Sent again = engine.kafka.next("x");
        again.confirm();

        second.expectPuback(1);
        assertThat(again.producer).isEqualTo(2);
    }

    /** As when Kafka's name cannot be resolved for a while. */
    @Test
    void send_expired_noProducerCanBeMadeYet_isTriedUntilOneCan() {
        ScriptedConnection first = engine.connected();
        first.publish(qos1(1, "a/b", "x"));
        AtomicInteger attempts = new AtomicInteger();
        engine.kafka.beforeProducer(() -> {
            if (attempts.incrementAndGet() < 4) {
                throw new KafkaException("Failed to construct kafka producer");
            }
        });
        engine.kafka.next("x").fail(new TimeoutException("expired"));
        first.expectClosed();
        ScriptedConnection second = engine.established(true);

        second.publish(qos1(1, "a/b", "x").duplicate());
        engine.kafka.next("x").confirm();

        second.expectPuback(1);
        assertThat(attempts).hasValue(4);
        assertThat(engine.kafka.openProducers()).isOne();
    }

    @Test
    void disconnect_sessionTakenOver_doesNotReconnect() {
        ScriptedConnection connection = engine.connected();

        connection.disconnect(TAKEN_OVER);

        engine.broker.expectNoConnection(Duration.ofMillis(200));
    }
}
