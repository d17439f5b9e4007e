package io.mqttkafka.bridge.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackoffTest {
    @ParameterizedTest
    @CsvSource({"PT0.000000001S,PT0.000000001S", "PT0.1S,PT5S", "PT24H,PT24H", "PT0.000000001S,PT24H"})
    void exponential_legalRange_isKept(Duration initial, Duration max) {
        Backoff backoff = Backoff.exponential(initial, max);
        assertThat(backoff)
                .isEqualTo(Backoff.exponential(initial, max))
                .hasToString("Backoff[initial=" + initial + ", max=" + max + "]");
        assertThat(backoff.initial()).isEqualTo(initial);
        assertThat(backoff.max()).isEqualTo(max);
    }

    @ParameterizedTest
    @CsvSource({"PT0S,PT1S,PT0S", "PT-1S,PT1S,PT-1S", "PT2S,PT1S,PT1S", "PT1S,PT24H0.001S,PT24H0.001S"})
    void exponential_illegalRange_isRefusedWithTheValue(Duration initial, Duration max, String shown) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.exponential(initial, max))
                .withMessageStartingWith("backoff: ")
                .withMessageContaining(" " + shown + " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT25H"})
    void fixed_illegalDelay_isRefused(Duration delay) {
        assertThatIllegalArgumentException().isThrownBy(() -> Backoff.fixed(delay));
    }

    @Test
    void constructor_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> Backoff.exponential(null, Duration.ofSeconds(1)));
        assertThatNullPointerException().isThrownBy(() -> Backoff.exponential(Duration.ofSeconds(1), null));
    }

    @ParameterizedTest
    @CsvSource({
        "1,0,PT0.1S",
        "2,0,PT0.2S",
        "3,0,PT0.4S",
        "6,0,PT3.2S",
        "7,0,PT5S",
        "8,0,PT5S",
        "63,0,PT5S",
        "64,0,PT5S",
        "65,0,PT5S",
        "2147483647,0,PT5S",
        "1,1,PT0.05S",
        "1,0.5,PT0.075S",
        "7,1,PT2.5S"
    })
    void delay_exponential_doublesUpToTheLongestLessJitter(int attempt, double random, Duration expected) {
        assertThat(Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(5))
                        .delay(attempt, random))
                .isEqualTo(expected);
    }

    @Test
    void delay_fixed_staysTheSame() {
        Backoff backoff = Backoff.fixed(Duration.ofSeconds(2));
        assertThat(backoff.delay(1, 0)).isEqualTo(Duration.ofSeconds(2));
        assertThat(backoff.delay(100, 0)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void delay_shortestAndLongest_isPositiveAndAtMostTheLongest() {
        assertThat(Backoff.fixed(Duration.ofNanos(1)).delay(1, 1)).isEqualTo(Duration.ofNanos(1));
        assertThat(Backoff.exponential(Duration.ofNanos(1), Duration.ofDays(1)).delay(Integer.MAX_VALUE, 0))
                .isEqualTo(Duration.ofDays(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void delay_attemptLessThanOne_isRefused(int attempt) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.fixed(Duration.ofSeconds(1)).delay(attempt, 0))
                .withMessage("attempt: " + attempt + " must be 1 or more");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.001, 1.001, Double.NaN, Double.POSITIVE_INFINITY})
    void delay_randomOutOfRange_isRefused(double random) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Backoff.fixed(Duration.ofSeconds(1)).delay(1, random))
                .withMessage("random: " + random + " must be from 0 to 1");
    }
}
