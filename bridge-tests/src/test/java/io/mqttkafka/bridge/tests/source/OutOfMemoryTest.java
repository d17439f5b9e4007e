package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An OutOfMemoryError breaks the connection, as what it tore apart comes again; one that stays is the end. */
class OutOfMemoryTest {
    private volatile boolean full = true;

    private final Engine engine = new Engine()
            .route(Route.fromMqtt("a/#")
                    .qos(QoS.AT_LEAST_ONCE)
                    .filter((payload, message) -> {
                        if (full) {
                            throw new OutOfMemoryError("Java heap space");
                        }
                        return true;
                    })
                    .toKafka("t")
                    .name("t")
                    .build());

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void threeTimesWithoutProgress_stopsAndSaysWhatToDo() {
        ScriptedConnection connection = engine.connected();
        for (int i = 0; i < 3; i++) {
            connection.publish(
                    i == 0 ? qos1(1, "a/b", "x") : qos1(1, "a/b", "x").duplicate());
            connection.expectClosed();
            connection = i < 2 ? engine.established(true) : connection;
        }

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("OutOfMemoryError")
                .hasMessageContaining("-Xmx");
        await().until(() -> engine.bridge().state() == BridgeState.FAILED);
        engine.broker.expectNoConnection(QUIET);
    }

    /** It never says what became of the records that it was given, not even when it is closed. */
    @Test
    void producerWhoseThreadDies_stopsTheRoutes() throws InterruptedException {
        CountDownLatch dies = new CountDownLatch(1);
        Thread sender = new Thread(
                () -> {
                    try {
                        dies.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "kafka-producer-network-thread | bridge-layer-b");
        engine.kafka.beforeProducer(sender::start);
        full = false;
        engine.connected().publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x");
        engine.expectNoEvent(RouteStopped.class);

        dies.countDown();

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("producer has died")
                .hasMessageContaining("-Xmx");
        await().until(() -> engine.bridge().state() == BridgeState.FAILED);
        sender.join();
    }

    @Test
    void once_isSurvivedAndNothingIsLost() {
        ScriptedConnection connection = engine.connected();
        connection.publish(qos1(1, "a/b", "x"));
        connection.expectClosed();

        full = false;
        connection = engine.established(true);
        connection.publish(qos1(1, "a/b", "x").duplicate());

        engine.kafka.next("x").confirm();
        connection.expectPuback(1);
        engine.expectNoEvent(RouteStopped.class);
    }
}
