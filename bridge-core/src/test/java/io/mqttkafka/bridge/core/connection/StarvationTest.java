package io.mqttkafka.bridge.core.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import org.junit.jupiter.api.Test;

/** When want of memory ends it. */
class StarvationTest {
    private static final Throwable FULL = new OutOfMemoryError("Java heap space");
    private static final Throwable BEHIND = new IllegalStateException(new RuntimeException(FULL));

    private final Starvation starvation = new Starvation();

    @Test
    void threeTimesWithoutProgress_isTheEnd() {
        assertThat(starvation.judge(FULL, false)).isNull();
        assertThat(starvation.judge(BEHIND, false)).isNull();
        assertThat(starvation.judge(FULL, false))
                .hasMessageContaining("OutOfMemoryError")
                .hasMessageContaining("-Xmx")
                .hasMessageContaining("mqtt.maxInFlightBytes")
                .hasCause(FULL);
    }

    @Test
    void otherEndsInBetween_areNoProgress() {
        assertThat(starvation.judge(FULL, false)).isNull();
        assertThat(starvation.judge(new EOFException(), false)).isNull();
        assertThat(starvation.judge(FULL, false)).isNull();
        assertThat(starvation.judge(null, false)).isNull();
        assertThat(starvation.judge(FULL, false)).isNotNull();
    }

    @Test
    void progressInBetween_beginsAnew() {
        for (int i = 0; i < 10; i++) {
            assertThat(starvation.judge(FULL, true)).isNull();
            assertThat(starvation.judge(FULL, false)).isNull();
        }
    }

    @Test
    void otherEnds_areNone() {
        for (int i = 0; i < 10; i++) {
            assertThat(starvation.judge(new EOFException(), false)).isNull();
        }
    }
}
