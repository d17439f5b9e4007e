package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopOptionsTest {
    @Test
    void defaults_areThoseOfTheBuilder() {
        assertThat(LoopOptions.builder().build())
                .isEqualTo(LoopOptions.defaults())
                .hasToString("LoopOptions[guarded=null, identity=null, marker=bridge.origin, hopLimit=8,"
                        + " allowFeedback=false]");
    }

    @Test
    void build_everythingSet_isThere() {
        LoopOptions options = LoopOptions.builder()
                .guarded(true)
                .identity("plant-7")
                .marker("x-origin")
                .hopLimit(3)
                .allowFeedback()
                .build();
        assertThat(options)
                .hasToString("LoopOptions[guarded=true, identity=plant-7, marker=x-origin, hopLimit=3,"
                        + " allowFeedback=true]")
                .isEqualTo(options.toBuilder().build());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1_001})
    void hopLimit_outOfRange_isRefused(int hops) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoopOptions.builder().hopLimit(hops))
                .withMessage("loops.hopLimit: " + hops + " must be from 1 to 1000 bridges");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "\u0085"})
    void identityAndMarker_thatAreNoNames_areRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoopOptions.builder().identity(text))
                .withMessageStartingWith("loops.identity: '")
                .withMessageEndingWith("must be 1 to 200 bytes of UTF-8, not blank and without control characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoopOptions.builder().marker(text))
                .withMessageStartingWith("loops.marker: '");
    }

    @Test
    void identity_tooLong_isRefusedAndShownInPart() {
        assertThat(LoopOptions.builder().identity("x".repeat(200)).build().identity())
                .hasSize(200);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoopOptions.builder().identity("x".repeat(201)))
                .withMessageStartingWith("loops.identity: '" + "x".repeat(80) + "...'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt.origin", "kafka.topic", "bridge.dead-letter.route"})
    void marker_withAMeaningOfItsOwn_isRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoopOptions.builder().marker(name))
                .withMessage("loops.marker: '" + name
                        + "' starts like a header with a meaning of its own; choose another name");
    }

    @Test
    void nulls_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> LoopOptions.builder().identity(null));
        assertThatNullPointerException().isThrownBy(() -> LoopOptions.builder().marker(null));
    }
}
