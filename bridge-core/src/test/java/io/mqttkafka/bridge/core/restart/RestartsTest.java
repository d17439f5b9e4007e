package io.mqttkafka.bridge.core.restart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestartsTest {
    private final Restarts restarts = new Restarts();

    @Test
    void exhausted_lessOftenThanTheMost_isFalse() {
        for (int i = 1; i < Restarts.MOST; i++) {
            assertThat(restarts.exhausted()).isFalse();
        }
    }

    @Test
    void exhausted_asOftenAsTheMost_isTrueAndStaysSo() {
        countUpTo(Restarts.MOST - 1);

        assertThat(restarts.exhausted()).isTrue();
        assertThat(restarts.exhausted()).isTrue();
    }

    @Test
    void progress_inBetween_beginsToCountAnew() {
        countUpTo(Restarts.MOST - 1);
        restarts.progress();
        countUpTo(Restarts.MOST - 1);

        assertThat(restarts.exhausted()).isTrue();
    }

    private void countUpTo(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(restarts.exhausted()).isFalse();
        }
    }
}
