package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusOptionsTest {
    @Test
    void build_topicOnly_hasTheDefaults() {
        assertThat(StatusOptions.builder().topic("bridges/1").build())
                .hasToString("StatusOptions[topic=bridges/1, willDelay=PT30S, clientId=null]");
    }

    @Test
    void build_everythingSet_isThere() {
        StatusOptions options = StatusOptions.builder()
                .topic("bridges/1")
                .willDelay(Duration.ZERO)
                .clientId("c")
                .build();
        assertThat(options)
                .hasToString("StatusOptions[topic=bridges/1, willDelay=PT0S, clientId=c]")
                .isEqualTo(options.toBuilder().build());
    }

    @Test
    void build_noTopic_saysHowToSetIt() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> StatusOptions.builder().build())
                .withMessage("status.topic: is not set; add .topic(\"bridges/edge-1/status\")");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/+", "#", "a\nb", "a\0b"})
    void topic_thatCannotBePublishedTo_isRefused(String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StatusOptions.builder().topic(topic))
                .withMessageStartingWith("status.topic: '")
                .withMessageEndingWith("must be 1 to 65535 bytes of UTF-8 without '+', '#' and control characters");
    }

    @Test
    void topic_tooLong_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StatusOptions.builder().topic("\u00e4".repeat(32_768)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "P1DT1S"})
    void willDelay_outOfRange_isRefused(String delay) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StatusOptions.builder().willDelay(Duration.parse(delay)))
                .withMessageStartingWith("status.willDelay: " + Duration.parse(delay) + " must be from 0 to PT24H");
    }

    @Test
    void willDelay_partOfASecond_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StatusOptions.builder().willDelay(Duration.ofMillis(1_500)))
                .withMessage("status.willDelay: PT1.5S must be whole seconds");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\0b"})
    void clientId_illegal_isRefused(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StatusOptions.builder().clientId(id))
                .withMessageStartingWith("status.clientId: '");
    }

    @Test
    void nulls_areRefused() {
        assertThatNullPointerException()
                .isThrownBy(() -> StatusOptions.builder().topic(null));
        assertThatNullPointerException()
                .isThrownBy(() -> StatusOptions.builder().willDelay(null));
        assertThatNullPointerException()
                .isThrownBy(() -> StatusOptions.builder().clientId(null));
    }
}
