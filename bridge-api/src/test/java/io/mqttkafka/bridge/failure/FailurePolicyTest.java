package io.mqttkafka.bridge.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import io.mqttkafka.bridge.spi.LastAction.Skip;
import io.mqttkafka.bridge.spi.LastAction.Stop;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailurePolicyTest {
    private static final Backoff BACKOFF = Backoff.fixed(Duration.ofSeconds(1));

    @Test
    void build_nothingSet_stopsAtTheFirstFailure() {
        assertThat(FailurePolicy.builder().build())
                .isEqualTo(FailurePolicy.stop())
                .returns(0, FailurePolicy::retries)
                .returns(null, FailurePolicy::backoff)
                .returns(new Stop(), FailurePolicy::lastAction);
    }

    @Test
    void build_retriesAndAction_arrive() {
        assertThat(FailurePolicy.builder().retry(5, BACKOFF).deadLetter("dead").build())
                .returns(5, FailurePolicy::retries)
                .returns(BACKOFF, FailurePolicy::backoff)
                .returns(new DeadLetter("dead"), FailurePolicy::lastAction);
        assertThat(FailurePolicy.builder().skip().build()).returns(new Skip(), FailurePolicy::lastAction);
        assertThat(FailurePolicy.builder().retry(1, BACKOFF).stop().build())
                .hasToString("FailurePolicy[retries=1, backoff=Backoff[initial=PT1S, max=PT1S], lastAction=Stop[]]");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000_000})
    void retry_atTheEndsOfTheRange_isKept(int retries) {
        assertThat(FailurePolicy.builder().retry(retries, BACKOFF).build().retries())
                .isEqualTo(retries);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1_000_001})
    void retry_outOfRange_isRefused(int retries) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FailurePolicy.builder().retry(retries, BACKOFF))
                .withMessage("onFailure.retry: " + retries + " must be from 1 to 1000000 attempts");
    }

    @Test
    void retry_twice_namesBoth() {
        assertThatIllegalStateException()
                .isThrownBy(() -> FailurePolicy.builder().retry(3, BACKOFF).retry(4, BACKOFF))
                .withMessage("onFailure.retry: was set before to 3, and now to 4; set it once");
    }

    @Test
    void retry_nullBackoff_isRefusedAndChangesNothing() {
        FailurePolicy.Builder builder = FailurePolicy.builder();
        assertThatNullPointerException().isThrownBy(() -> builder.retry(3, null));
        assertThat(builder.build()).isEqualTo(FailurePolicy.stop());
    }

    static Stream<Consumer<FailurePolicy.Builder>> actions() {
        return Stream.of(b -> b.deadLetter("dead"), FailurePolicy.Builder::skip, FailurePolicy.Builder::stop);
    }

    @ParameterizedTest
    @MethodSource("actions")
    void lastAction_setTwice_namesBoth(Consumer<FailurePolicy.Builder> first) {
        for (Consumer<FailurePolicy.Builder> second : actions().toList()) {
            FailurePolicy.Builder builder = FailurePolicy.builder();
            first.accept(builder);
            String set = builder.build().lastAction().toString();
            assertThatIllegalStateException()
                    .isThrownBy(() -> second.accept(builder))
                    .withMessageStartingWith("onFailure: ")
                    .withMessageEndingWith(" conflicts with " + set + "; choose one of them");
        }
    }

    static List<String> legalTopics() {
        return List.of("a", "Dead.letters_1-x", "...", "__dead", "a".repeat(249));
    }

    @ParameterizedTest
    @MethodSource("legalTopics")
    void deadLetter_legalTopic_isKept(String topic) {
        assertThat(new DeadLetter(topic).topic()).isEqualTo(topic);
    }

    static List<String> illegalTopics() {
        return List.of("", ".", "..", "a b", "a/b", "telemetry.{site}", "\u00e4", "\uff11", "a".repeat(250));
    }

    @ParameterizedTest
    @MethodSource("illegalTopics")
    void deadLetter_illegalTopic_isRefused(String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FailurePolicy.builder().deadLetter(topic))
                .withMessageStartingWith("onFailure.deadLetter: '" + topic + "'");
    }

    @Test
    void deadLetter_null_isRefused() {
        assertThatNullPointerException()
                .isThrownBy(() -> FailurePolicy.builder().deadLetter(null));
    }
}
