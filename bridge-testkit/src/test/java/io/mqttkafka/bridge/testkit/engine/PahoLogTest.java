package io.mqttkafka.bridge.testkit.engine;

import static io.mqttkafka.bridge.testkit.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;

/** What Paho logs by java.util.logging as an application finds it, which nobody has set up. */
class PahoLogTest {
    private static final Logger PAHO = Logger.getLogger("org.eclipse.paho");

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
        }

        @Override
        public void flush() {
            // Every line is kept at once.
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    };

    @Test
    void connectCutReconnectClose_isNotLoggedByPaho() {
        PAHO.addHandler(handler);
        try (Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t")) {
            ScriptedConnection first = engine.connected();
            first.publish(qos1(1, "a/b", "x"));
            engine.kafka.next("x").confirm();
            first.expectPuback(1);
            ScriptedConnection second = engine.reconnected(first, true);
            second.disconnect(0x8B);
            engine.established(true);
        } finally {
            PAHO.removeHandler(handler);
        }

        assertThat(PAHO.getLevel()).isNull();
        assertThat(lines).isEmpty();
    }
}
