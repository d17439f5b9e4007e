package io.mqttkafka.bridge.core.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Skipped;
import java.util.List;
import java.util.concurrent.BlockingQueue;
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
