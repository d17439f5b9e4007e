package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The threads of a bridge: none keeps the JVM up, none is left of an earlier connection or after the end. */
public class ThreadsTest {

    @Test
    void threads_whileConnected_areDaemons() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            ScriptedConnection connection = engine.connected();
            connection.publish(qos1(1, "a/b", "x"));
            engine.kafka.next("x");

            assertThat(ofBridge(before)).isNotEmpty().allMatch(Thread::isDaemon);
        }
    }

    @Test
    void threads_afterReconnects_areNoMoreThanBefore() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            ScriptedConnection connection = engine.connected();
            int atFirst = ofBridge(before).size();
            for (int i = 0; i < 5; i++) {
                connection = engine.reconnected(connection, true);
            }

            await().until(() -> ofBridge(before).size() <= atFirst);
        }
    }

    /** As a load balancer does which has no broker behind it. */
    @Test
    void threads_connectionsClosedAtOnce_leaveNone() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            ScriptedConnection connection = engine.connected();
            int atFirst = ofBridge(before).size();
            connection.cut();
            for (int i = 0; i < 5; i++) {
                engine.broker.accept().cut();
            }
            engine.established(true);

            await().until(() -> ofBridge(before).size() <= atFirst);
        }
    }

    @Test
    void threads_afterClose_areGone() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            engine.connected();
        }

        await().untilAsserted(() -> assertThat(ofBridge(before)).isEmpty());
    }

    @Test
    void threads_closedWhileStarting_areGoneAndSoIsTheProducer() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            CountDownLatch opening = new CountDownLatch(1);
            CountDownLatch closed = new CountDownLatch(1);
            engine.kafka.beforeProducer(() -> {
                opening.countDown();
                awaitQuietly(closed);
            });
            engine.start();
            opening.await();
            engine.closing().join();
            closed.countDown();

            assertThat(engine.startFailure()).isInstanceOf(BridgeClosedException.class);
            assertThat(engine.kafka.openProducers()).isZero();
        }

        await().untilAsserted(() -> assertThat(ofBridge(before)).isEmpty());
    }

    /** The broker takes nothing in any more, so that DISCONNECT cannot be written either. */
    @Test
    void close_brokerThatDoesNotRead_doesNotWaitForIt() {
        try (Engine engine = new Engine();
                FaultProxy proxy = FaultProxy.to("127.0.0.1", engine.broker.port())) {
            engine.through(proxy)
                    .mqtt(options -> options.keepAlive(Duration.ofHours(1)))
                    .route(Route.fromKafka("commands")
                            .group(SourceLog.GROUP)
                            .toMqtt("a/b")
                            .qos(QoS.AT_LEAST_ONCE)
                            .build())
                    .publishing();
            proxy.pause(FaultProxy.Direction.CLIENT_TO_SERVER);
            String large = "x".repeat(1_000_000);
            for (int i = 0; i < 30; i++) {
                engine.kafka.log.append("commands", "k", large);
            }
            await().until(() -> ofBridge(Set.of()).stream().anyMatch(ThreadsTest::isWriting));

            await().atMost(Engine.PATIENCE).until(engine.closing()::isDone);
        }
    }

    private static boolean isWriting(Thread thread) {
        return List.of(thread.getStackTrace()).stream()
                .anyMatch(frame -> frame.getClassName().contains("SocketOutputStream")
                        || frame.getClassName().contains("SocketImpl")
                                && frame.getMethodName().contains("rite"));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<Thread> ofBridge(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .filter(thread -> thread.getName().startsWith("bridge-")
                        || thread.getName().startsWith("MQTT "))
                .toList();
    }
}
