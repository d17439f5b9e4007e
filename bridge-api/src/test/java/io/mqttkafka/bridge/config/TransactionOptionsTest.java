package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionOptionsTest {
    private static TransactionOptions.Builder builder() {
        return TransactionOptions.builder();
    }

    @Test
    void build_nothingSet_hasTheDocumentedDefaults() {
        assertThat(builder().build())
                .isEqualTo(TransactionOptions.defaults())
                .hasToString("TransactionOptions[idPrefix=mqtt-bridge-, stateTopic=__mqtt_bridge_state,"
                        + " commitInterval=PT0.01S, commitRecords=10000]");
    }

    @Test
    void build_everythingSet_arrives() {
        TransactionOptions options = builder()
                .idPrefix("")
                .stateTopic("bridge.state-1")
                .commitInterval(Duration.ofMillis(50))
                .commitRecords(7)
                .build();
        assertThat(options)
                .hasToString("TransactionOptions[idPrefix=, stateTopic=bridge.state-1, commitInterval=PT0.05S,"
                        + " commitRecords=7]")
                .isEqualTo(options.toBuilder().build())
                .isNotEqualTo(TransactionOptions.defaults());
    }

    static Stream<String> illegalTopics() {
        return Stream.of("", ".", "..", "a b", "a/b", "\u00e4", "x".repeat(250));
    }

    @ParameterizedTest
    @MethodSource("illegalTopics")
    void stateTopic_noNameOfATopic_isRefused(String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().stateTopic(topic))
                .withMessage("kafka.transactions.stateTopic: '" + topic
                        + "' is no name of a Kafka topic; use letters, digits, '.', '_' and '-', 249 at the most");
    }

    @Test
    void stateTopic_longest_isKept() {
        String longest = "x".repeat(249);
        assertThat(builder().stateTopic(longest).build().stateTopic()).isEqualTo(longest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.000000001S", "PT10S"})
    void commitInterval_inRange_isKept(Duration interval) {
        assertThat(builder().commitInterval(interval).build().commitInterval()).isEqualTo(interval);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT10.001S", "PT10000H"})
    void commitInterval_outOfRange_isRefused(String interval) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().commitInterval(Duration.parse(interval)))
                .withMessage("kafka.transactions.commitInterval: " + interval + " must be from 0 to PT10S");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65_535})
    void commitRecords_inRange_isKept(int records) {
        assertThat(builder().commitRecords(records).build().commitRecords()).isEqualTo(records);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, 0, 65_536})
    void commitRecords_outOfRange_isRefused(int records) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().commitRecords(records))
                .withMessage("kafka.transactions.commitRecords: " + records + " must be from 1 to 65535");
    }

    @Test
    void parts_null_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> builder().idPrefix(null));
        assertThatNullPointerException().isThrownBy(() -> builder().stateTopic(null));
        assertThatNullPointerException().isThrownBy(() -> builder().commitInterval(null));
    }
}
