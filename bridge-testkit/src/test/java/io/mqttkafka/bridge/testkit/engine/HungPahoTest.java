package io.mqttkafka.bridge.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Paho clients one of whose threads stands still for long, just where it would log something fine. */
class HungPahoTest {
    private static final String PACKAGE = "org.eclipse.paho.mqttv5.client.internal.";

    private final Engine engine = new Engine();
    private final AtomicBoolean hung = new AtomicBoolean();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private Runnable afterwards = () -> {};

    /** Holds up the first thread of this kind that would log this. */
    private void hang(String thread, String source, String message) {
        Logger logger = Logger.getLogger(PACKAGE + source);
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                if (Thread.currentThread().getName().startsWith(thread)
                        && line.getMessage().contains(message)
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
        logger.setUseParentHandlers(false);
        logger.setLevel(Level.FINE);
        logger.addHandler(handler);
        afterwards = () -> {
            logger.removeHandler(handler);
            logger.setLevel(null);
            logger.setUseParentHandlers(true);
        };
    }

    private void awaitGoOn() {
        try {
            assertThat(goOn.await(Engine.PATIENCE.toSeconds() * 4, TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void close() {
        goOn.countDown();
        engine.close();
        afterwards.run();
    }

    /** As when two of its threads end the connection at once: then it does not get to tell of it. */
    @Test
    void connectionEndsBeforeConnack_isTriedAgainWithoutWaitingForPaho() {
        hang("MQTT Rec", "CommsCallback", ": stopping");
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
        assertThat(engine.event(Disconnected.class).reason()).contains("instead of answering CONNECT");
    }

    @Test
    void addressIsFoundWhenTheAttemptIsOver_isNotConnectedTo() {
        hang("MQTT Con", "TCPNetworkModule", ": connect to host");
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.connectTimeout(Duration.ofSeconds(1)))
                .start();
        ScriptedConnection second = engine.established(false);
        engine.awaitStarted();
        assertThat(hung).isTrue();
        Thread late = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("MQTT Con"))
                .findFirst()
                .orElseThrow();

        goOn.countDown();

        await().until(() -> !late.isAlive());
        engine.broker.expectNoConnection(Engine.QUIET);
        second.publish(Engine.qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        second.expectPuback(1);
    }
}
