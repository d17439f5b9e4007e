package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TopicWaitsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final TopicWaits waits = new TopicWaits();
    private final long begin = System.nanoTime();

    @Test
    void nothingSent_nothingWaits() {
        assertThat(waits.longest(begin)).isNull();
        waits.of("a").sending();
        waits.of("a").done();
        assertThat(waits.longest(begin + SECOND)).isNull();
    }

    @Test
    void severalWait_theOneWithoutAConfirmationForLongestIsNamed() {
        waits.longest(begin);
        waits.of("a").sending();
        waits.of("a").sending();
        waits.of("b").sending();
        waits.longest(begin + SECOND);
        waits.of("a").done();
        waits.longest(begin + 2 * SECOND);

        TopicWaits.Wait longest = waits.longest(begin + 10 * SECOND);
        assertThat(longest.topic()).isEqualTo("b");
        assertThat(longest.records()).isOne();
        assertThat(longest.idle()).isGreaterThanOrEqualTo(Duration.ofSeconds(8));

        waits.of("b").done();
        assertThat(waits.longest(begin + 10 * SECOND)).isEqualTo(new TopicWaits.Wait("a", 1, Duration.ofSeconds(8)));
        assertThat(waits.longest(begin + 10 * SECOND).toString())
                .isEqualTo("1 records of the Kafka topic 'a' wait, and none was confirmed for 8 s");
    }

    @Test
    void sentAgainAfterARest_countsFromThen() {
        waits.of("a").sending();
        waits.of("a").done();
        waits.longest(begin + 100 * SECOND);
        waits.of("a").sending();
        assertThat(waits.longest(begin + 101 * SECOND).idle()).isEqualTo(Duration.ofSeconds(1));
    }
}
