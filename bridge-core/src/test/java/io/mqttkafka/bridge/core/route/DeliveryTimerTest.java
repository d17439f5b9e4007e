package io.mqttkafka.bridge.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.DeliveryTimes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTimerTest {
    private static final long SECOND = 1_000_000_000;
    private static final long NARROWEST = 1 << 15;

    private final DeliveryTimer timer = new DeliveryTimer();

    private static DeliveryTimes of(long count, long nanos) {
        Duration time = Duration.ofNanos(nanos);
        return DeliveryTimes.of(count, time, time, time);
    }

    private void take(long nanos, long nowNanos) {
        timer.acknowledged(nowNanos - nanos, nowNanos);
    }

    @Test
    void times_noMessage_areNone() {
        assertThat(timer.total()).isSameAs(DeliveryTimes.NONE);
        assertThat(timer.recent(0)).isSameAs(DeliveryTimes.NONE);
        assertThat(DeliveryTimes.NONE.p50()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                NARROWEST - 1,
                NARROWEST,
                1_000_000,
                3 * SECOND,
                1_080 * SECOND,
                90_000 * SECOND,
                Long.MAX_VALUE / 2
            })
    void times_oneMessage_areExact(long nanos) {
        take(nanos, 5);

        assertThat(timer.total()).isEqualTo(of(1, nanos));
        assertThat(timer.recent(5)).isEqualTo(of(1, nanos));
    }

    /** The clock of one thread may be read before that of another. */
    @Test
    void times_acknowledgedBeforeReceived_isZero() {
        timer.acknowledged(7, 5);

        assertThat(timer.total()).isEqualTo(of(1, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 99, 100, 101, 1_000, 20_000})
    void percentiles_anyTimes_areNeverTooLowAndALittleTooHigh(int count) {
        Random random = new Random(count);
        for (int round = 0; round < 20; round++) {
            DeliveryTimer one = new DeliveryTimer();
            long[] times = new long[count];
            for (int i = 0; i < count; i++) {
                // Of every size from nanoseconds to a quarter of an hour.
                times[i] = (long) Math.exp(random.nextDouble() * Math.log(900.0 * SECOND));
                one.acknowledged(-times[i], 0);
            }
            Arrays.sort(times);

            DeliveryTimes found = one.recent(0);

            assertThat(found).isEqualTo(one.total());
            assertThat(found.count()).isEqualTo(count);
            assertThat(found.maximum()).isEqualTo(Duration.ofNanos(times[count - 1]));
            assertNear(found.p50(), times[(count + 1) / 2 - 1]);
            assertNear(found.p99(), times[(int) Math.ceil(count * 99 / 100.0) - 1]);
        }
    }

    private static void assertNear(Duration found, long exact) {
        assertThat(found.toNanos()).isBetween(exact, exact + Math.max(NARROWEST, exact / 32));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -7 * SECOND, 3 * SECOND, Long.MAX_VALUE / 2})
    void recent_minuteLater_isGone(long start) {
        long begin = Math.floorDiv(start, 10 * SECOND) * 10 * SECOND;
        take(SECOND, begin);
        take(2 * SECOND, begin + 10 * SECOND);

        assertThat(timer.recent(begin + 60 * SECOND - 1).count()).isEqualTo(2);
        assertThat(timer.recent(begin + 60 * SECOND)).isEqualTo(of(1, 2 * SECOND));
        assertThat(timer.recent(begin + 70 * SECOND)).isSameAs(DeliveryTimes.NONE);
        assertThat(timer.total().count()).isEqualTo(2);
        assertThat(timer.total().maximum()).isEqualTo(Duration.ofSeconds(2));

        // In the place of the first.
        take(3 * SECOND, begin + 120 * SECOND);
        assertThat(timer.recent(begin + 120 * SECOND)).isEqualTo(of(1, 3 * SECOND));
        assertThat(timer.total().count()).isEqualTo(3);
    }

    @Test
    void recent_askedTwice_isTheSame() {
        take(SECOND, 0);

        assertThat(timer.recent(0)).isEqualTo(timer.recent(0));
    }

    @Test
    void times_manyThreads_loseNone() throws InterruptedException {
        int threads = 4;
        int each = 50_000;
        CountDownLatch begin = new CountDownLatch(1);
        Thread[] all = new Thread[threads];
        for (int t = 0; t < threads; t++) {
            all[t] = new Thread(() -> {
                try {
                    begin.await();
                } catch (InterruptedException e) {
                    return;
                }
                for (int i = 1; i <= each; i++) {
                    take(i, 5);
                }
            });
            all[t].start();
        }
        begin.countDown();
        for (Thread one : all) {
            one.join();
        }

        assertThat(timer.total().count()).isEqualTo((long) threads * each);
        assertThat(timer.recent(5)).isEqualTo(timer.total());
        assertThat(timer.total().maximum()).isEqualTo(Duration.ofNanos(each));
    }
}
