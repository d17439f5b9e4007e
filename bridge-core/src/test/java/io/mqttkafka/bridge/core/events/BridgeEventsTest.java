package io.mqttkafka.bridge.core.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Skipped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BridgeEventsTest {
    private static final int FLOOD = 5_000;

    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger skipped = new AtomicInteger();
    private final BlockingQueue<RouteStopped> stops = new LinkedBlockingQueue<>();
    private final BridgeEvents events = new BridgeEvents(List.of(new SlowListener()));

    @AfterEach
    void close() {
        goOn.countDown();
        events.close();
    }

    @Test
    void slowListener_missesWhatIsFrequent_andHearsOfTheStop() throws InterruptedException {
        for (int i = 0; i < FLOOD; i++) {
            events.tell(listener -> listener.onSkipped(new Skipped("r", "t", new IllegalStateException("no"))));
        }
        events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped("r", null, new Exception("over"))));
        goOn.countDown();

        RouteStopped stop = stops.poll(60, TimeUnit.SECONDS);
        assertThat(stop).isNotNull();
        assertThat(skipped.get()).as("what waits is bounded").isPositive().isLessThan(FLOOD);
    }

    /** What a codec threw can hold the payload that it could not read. */
    @Test
    void slowListener_keepsFewLargeMessagesAlive() throws InterruptedException {
        for (int i = 0; i < FLOOD; i++) {
            events.tell(
                    1 << 20, listener -> listener.onSkipped(new Skipped("r", "t", new IllegalStateException("no"))));
        }
        events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped("r", null, new Exception("over"))));
        goOn.countDown();

        assertThat(stops.poll(60, TimeUnit.SECONDS)).isNotNull();
        assertThat(skipped.get()).isPositive().isLessThanOrEqualTo(9);
        events.tell(1 << 30, listener -> listener.onSkipped(new Skipped("r", "t", new IllegalStateException("no"))));
        events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped("r", null, new Exception("over"))));
        int before = skipped.get();
        assertThat(stops.poll(60, TimeUnit.SECONDS)).isNotNull();
        assertThat(skipped.get()).as("one has all the room alone").isBetween(before, before + 1);
    }

    @Test
    void listenerThatFails_hearsOfWhatFollows() throws InterruptedException {
        goOn.countDown();
        events.tell(listener -> {
            throw new IllegalStateException("a mistake of the listener");
        });
        events.tell(listener -> listener.onRouteStopped(new RouteStopped("r", null, new Exception("over"))));

        assertThat(stops.poll(60, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void ends_ofOneRoute_areLoggedOnceEach_thenCounted() {
        try (Lines lines = new Lines();
                BridgeEvents own = new BridgeEvents(List.of(), Duration.ofDays(1))) {
            Exception cause = new IllegalStateException("secret");
            own.skipped(0, new Skipped("r", "a/\n1", cause), () -> "why 1");
            own.skipped(0, new Skipped("r", "a/2", cause), () -> "why 2");
            own.skipped(0, new Skipped("r", "a/3", cause), () -> "why 3");
            own.deadLettered(0, new DeadLettered("r", "a/4", "dead", cause), () -> "why 4");
            own.retried(0, new Retry("r", "a/5", 1, Duration.ZERO, cause), () -> "why 5");
            own.skipped(0, new Skipped("s", "a/6", cause), () -> "why 6");
            own.shed("r", 3, "why 7");

            assertThat(lines.warnings())
                    .containsExactly(
                            "Route 'r' skipped and lost a message at 'a/\\u000A1': why 1",
                            "Route 'r' wrote a message to its dead letter topic at 'a/4': why 4",
                            "Route 'r' tries a message again at 'a/5': why 5",
                            "Route 's' skipped and lost a message at 'a/6': why 6",
                            "Route 'r' shed a message of QoS 0: why 7");
            lines.clear();
            own.close();

            assertThat(lines.warnings())
                    .containsExactlyInAnyOrder(
                            "Route 'r' skipped and lost 2 more messages, the last one at 'a/3': why 3",
                            "Route 'r' shed 2 more messages of QoS 0: why 7");
        }
    }

    /** Also if nothing more happens that could be the occasion. */
    @Test
    void ends_afterAWhile_areCountedUnasked() {
        try (Lines lines = new Lines();
                BridgeEvents own = new BridgeEvents(List.of(), Duration.ofMillis(50))) {
            Exception cause = new IllegalStateException("secret");
            for (int i = 0; i < 3; i++) {
                own.skipped(0, new Skipped("r", "a", cause), () -> "why");
            }

            await().until(() -> lines.warnings().size() == 2);
            assertThat(lines.warnings().get(1)).contains("skipped and lost 2 more messages");
        }
    }

    private static final class Lines implements AutoCloseable {
        private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(BridgeEvents.class);
        private final List<String> all = new CopyOnWriteArrayList<>();
        private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                if (event.getLevel() == Level.WARN) {
                    all.add(event.getFormattedMessage());
                }
            }
        };

        Lines() {
            appender.start();
            logger.addAppender(appender);
        }

        List<String> warnings() {
            return all;
        }

        void clear() {
            all.clear();
        }

        @Override
        public void close() {
            logger.detachAppender(appender);
        }
    }

    private final class SlowListener implements BridgeListener {
        @Override
        public void onSkipped(Skipped event) {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            skipped.incrementAndGet();
        }

        @Override
        public void onRouteStopped(RouteStopped event) {
            stops.add(event);
        }
    }
}
