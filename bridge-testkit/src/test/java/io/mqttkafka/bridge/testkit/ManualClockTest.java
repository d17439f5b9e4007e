package io.mqttkafka.bridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManualClockTest {

    private final ManualClock clock = new ManualClock();
    private final List<String> ran = new ArrayList<>();

    @Test
    void advance_runsWhatIsDueInTheOrderOfItsTime() {
        schedule(3, "c");
        schedule(1, "a");
        schedule(3, "d");
        schedule(2, "b");
        schedule(9, "later");

        clock.advance(Duration.ofSeconds(5));

        assertThat(ran).containsExactly("a@1", "b@2", "c@3", "d@3");
        assertThat(clock.instant()).isEqualTo(Instant.ofEpochSecond(5));
    }

    @Test
    void schedule_withinAnAction_runsIfItIsDue() {
        clock.schedule(Duration.ofSeconds(1), () -> {
            schedule(1, "a");
            schedule(9, "b");
        });

        clock.advance(Duration.ofSeconds(5));

        assertThat(ran).containsExactly("a@2");
    }

    @Test
    void cancel_beforeItsTime_neverRuns() {
        Runnable cancel = clock.schedule(Duration.ofSeconds(1), () -> ran.add("a"));

        cancel.run();
        clock.advance(Duration.ofSeconds(1));

        assertThat(ran).isEmpty();
    }

    @Test
    void advance_back_isRefused() {
        assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    private void schedule(int seconds, String name) {
        clock.schedule(
                Duration.ofSeconds(seconds),
                () -> ran.add(name + "@" + clock.instant().getEpochSecond()));
    }
}
