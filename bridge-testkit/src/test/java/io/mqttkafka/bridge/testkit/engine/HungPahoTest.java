package io.mqttkafka.bridge.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Paho client that does not get to tell that its connection has ended, as when two of its threads end it at once. */
class HungPahoTest {
    private static final Logger STOPPING = Logger.getLogger("org.eclipse.paho.mqttv5.client.internal.CommsCallback");

    private final AtomicBoolean hung = new AtomicBoolean();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Handler hanging = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (Thread.currentThread().getName().startsWith("MQTT Rec")
                    && line.getMessage().endsWith(": stopping")
                    && hung.compareAndSet(false, true)) {
                awaitGoOn();
            }
        }

        @Override
        public void flush() {
            // Nothing is kept.
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    };
    private final Engine engine = new Engine();

    private void awaitGoOn() {
        try {
            assertThat(goOn.await(Engine.PATIENCE.toSeconds() * 4, TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @BeforeEach
    void hang() {
        STOPPING.setUseParentHandlers(false);
        STOPPING.setLevel(Level.FINE);
        STOPPING.addHandler(hanging);
    }

    @AfterEach
    void goOn() {
        goOn.countDown();
        engine.close();
        STOPPING.removeHandler(hanging);
        STOPPING.setLevel(null);
        STOPPING.setUseParentHandlers(true);
    }

    @Test
    void connectionEndsBeforeConnack_isTriedAgainWithoutWaitingForPaho() {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t").start();
        // Which of its threads gets there first is up to chance.
        for (int attempt = 0; attempt < 100 && !hung.get(); attempt++) {
            ScriptedConnection refused = engine.broker.accept();
            refused.expectConnect();
            refused.cut();
        }
        assertThat(hung).isTrue();

        engine.established(false);
        engine.awaitStarted();
        assertThat(engine.event(Disconnected.class).reason()).contains("check host and port");
    }
}
