package io.mqttkafka.bridge.core.mqtt.paho;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OpeningTest {
    private final InputStream touchy = new InputStream() {
        @Override
        public int read() throws IOException {
            if (Thread.interrupted()) {
                throw new IOException("interrupted");
            }
            return 7;
        }
    };

    /** The stream that Paho has for a WebSocket waits, and an interrupt ends it. */
    @Test
    void read_threadLeftInterruptedByARoute_readsOn() throws Exception {
        Opening opening = new Opening();
        // Who opens is woken for a while, so it must not be this thread.
        InputStream in = CompletableFuture.supplyAsync(() -> opening.starting(touchy), task -> new Thread(task).start())
                .get();
        opening.done();

        Thread.currentThread().interrupt();

        assertThat(in.read()).isEqualTo(7);
        assertThat(Thread.interrupted()).isFalse();
    }
}
