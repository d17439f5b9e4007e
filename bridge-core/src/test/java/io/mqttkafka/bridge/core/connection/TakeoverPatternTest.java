package io.mqttkafka.bridge.core.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.connection.TakeoverPattern.Finding;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TakeoverPatternTest {
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
    private static final CloseReason CLOSED = CloseReason.of("closed", new IOException(new EOFException()));

    private final TakeoverPattern pattern = new TakeoverPattern();
    private long now = Long.MAX_VALUE - Duration.ofSeconds(10).toNanos();

    private Finding after(Duration pause, CloseReason reason, Duration lived) {
        now += pause.toNanos();
        return pattern.look(reason, lived, KEEP_ALIVE, now);
    }

    private Finding closedAfter(Duration pause) {
        return after(pause, CLOSED, Duration.ofMillis(300));
    }

    /** Also where the clock's number turns over. */
    @Test
    void threeClosesWithinTheKeepAlive_areATakeover() {
        assertThat(closedAfter(Duration.ofSeconds(9))).isEqualTo(Finding.NONE);
        assertThat(closedAfter(Duration.ofSeconds(9))).isEqualTo(Finding.SUSPICION);
        assertThat(closedAfter(Duration.ofSeconds(9))).isEqualTo(Finding.TAKEN_OVER);
        assertThat(TakeoverPattern.takenOver(CLOSED).takenOver()).isTrue();
    }

    @Test
    void closesFarApart_areNone() {
        for (int i = 0; i < 10; i++) {
            assertThat(closedAfter(Duration.ofSeconds(20))).isNotEqualTo(Finding.TAKEN_OVER);
        }
    }

    @Test
    void connectionsThatLastOrBreak_areNone() {
        for (int i = 0; i < 10; i++) {
            assertThat(after(Duration.ofSeconds(1), CLOSED, Duration.ofSeconds(3)))
                    .isEqualTo(Finding.NONE);
            assertThat(after(
                            Duration.ofSeconds(1),
                            CloseReason.of("reset", new SocketException("Connection reset")),
                            Duration.ZERO))
                    .isEqualTo(Finding.NONE);
            assertThat(after(Duration.ofSeconds(1), CloseReason.of("dropped", null), Duration.ZERO))
                    .isEqualTo(Finding.NONE);
        }
    }
}
