package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class InFlightWindowTest {
    private final InFlightWindow window = new InFlightWindow(100);

    @Test
    void tryAcquire_upToLimit_fits() {
        assertThat(window.tryAcquire(60, 1)).isTrue();
        assertThat(window.tryAcquire(40, 1)).isTrue();
        assertThat(window.tryAcquire(1, 1)).isFalse();
        assertThat(window.inFlight()).isEqualTo(100);
    }

    @Test
    void tryAcquire_afterRelease_fitsAgain() {
        window.tryAcquire(100, 1);
        window.release(1);

        assertThat(window.tryAcquire(2, 1)).isFalse();
        assertThat(window.tryAcquire(1, 1)).isTrue();
    }

    @Test
    void tryAcquire_largerThanWindow_fitsOnlyWhileEmpty() {
        assertThat(window.tryAcquire(1_000, 1)).isTrue();
        assertThat(window.tryAcquire(1, 1)).isFalse();
        window.release(1_000);
        assertThat(window.tryAcquire(1, 1)).isTrue();
        assertThat(window.tryAcquire(1_000, 1)).isFalse();
    }

    @Test
    void grow_takesRoomThereIsNone_andIsGivenBack() {
        window.tryAcquire(60, 1);
        window.grow(60);

        assertThat(window.inFlight()).isEqualTo(120);
        assertThat(window.tryAcquire(1, 1)).isFalse();
        window.release(60);
        assertThat(window.tryAcquire(40, 1)).isTrue();
        window.grow(-20);
        assertThat(window.tryAcquire(20, 1)).isTrue();
        assertThat(window.inFlight()).isEqualTo(100);
    }

    @Test
    void tryAcquire_share_fillsItsPartOnly() {
        assertThat(window.tryAcquire(50, 2)).isTrue();
        assertThat(window.tryAcquire(1, 2)).isFalse();
        assertThat(window.tryAcquire(50, 1)).isTrue();
    }

    @Test
    void tryAcquire_largerThanShare_fitsWhileEmpty() {
        assertThat(window.tryAcquire(51, 2)).isTrue();
        assertThat(window.tryAcquire(1, 2)).isFalse();
    }

    @Test
    void halfFree_atAndAboveHalf_tellsThemApart() {
        assertThat(window.halfFree()).isTrue();
        window.tryAcquire(50, 1);
        assertThat(window.halfFree()).isTrue();
        window.tryAcquire(1, 1);
        assertThat(window.halfFree()).isFalse();
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void tryAcquire_releasedByAnotherThread_neverExceedsLimitAndReturnsToZero() throws Exception {
        BlockingQueue<Integer> taken = new LinkedBlockingQueue<>();
        Thread releaser = new Thread(
                () -> {
                    try {
                        for (int bytes = taken.take(); bytes > 0; bytes = taken.take()) {
                            window.release(bytes);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "releaser");
        releaser.start();
        try {
            for (int i = 0; i < 200_000; i++) {
                int bytes = 1 + i % 40;
                while (!window.tryAcquire(bytes, 1)) {
                    Thread.yield();
                }
                assertThat(window.inFlight()).isBetween(0L, 100L);
                taken.add(bytes);
            }
        } finally {
            taken.add(0);
            releaser.join(TimeUnit.SECONDS.toMillis(30));
        }
        assertThat(window.inFlight()).isZero();
    }
}
