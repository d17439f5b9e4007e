package io.mqttkafka.bridge.testkit.engine;

import static io.mqttkafka.bridge.testkit.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The threads of a bridge: none keeps the JVM up, none is left of an earlier connection or after the end. */
class ThreadsTest {

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

    @Test
    void threads_afterClose_areGone() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            engine.connected();
        }

        await().untilAsserted(() -> assertThat(ofBridge(before)).isEmpty());
    }

    private static List<Thread> ofBridge(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .filter(thread -> thread.getName().startsWith("bridge-")
                        || thread.getName().startsWith("MQTT "))
                .toList();
    }
}
