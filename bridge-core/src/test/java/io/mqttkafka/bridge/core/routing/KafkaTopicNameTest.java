package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaTopicNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "Z", "0", "-", "_", "...", "a.B_c-9", "__consumer_offsets"})
    void problem_legal_isNull(String name) {
        assertThat(KafkaTopicName.problem(name)).isNull();
    }

    @Test
    void problem_everyAsciiCharacter_isLegalIfKafkaSaysSo() {
        for (char c = 0; c < 256; c++) {
            boolean legal = String.valueOf(c).matches("[a-zA-Z0-9._-]");
            assertThat(KafkaTopicName.problem("x" + c) == null)
                    .as("U+%04X", (int) c)
                    .isEqualTo(legal);
        }
    }

    static Stream<Arguments> problem_illegal_saysWhy() {
        return Stream.of(
                Arguments.of("", "'' is empty"),
                Arguments.of(".", "'.' cannot be a Kafka topic"),
                Arguments.of("..", "'..' cannot be a Kafka topic"),
                Arguments.of("a/b", "'a/b' has '/'; a Kafka topic has only a-z A-Z 0-9 . _ -"),
                Arguments.of("größe", "'größe' has 'ö';"),
                Arguments.of("a\nb", "'a\\u000Ab' has '\\u000A';"),
                Arguments.of("\uD83D\uDE00", "'\uD83D\uDE00' has '\uD83D\uDE00';"),
                Arguments.of("a".repeat(250), "' has 250 characters; a Kafka topic has at most 249"),
                Arguments.of("/".repeat(1_000), "'" + "/".repeat(256) + "...' has '/';"));
    }

    @ParameterizedTest
    @MethodSource
    void problem_illegal_saysWhy(String name, String message) {
        assertThat(KafkaTopicName.problem(name)).contains(message);
    }

    @Test
    void problem_249Characters_isNull() {
        assertThat(KafkaTopicName.problem("a".repeat(249))).isNull();
    }

    @ParameterizedTest
    @CsvSource({"__consumer_offsets, true", "__, true", "_schemas, false", "a__, false"})
    void isInternal_names_byPrefix(String name, boolean internal) {
        assertThat(KafkaTopicName.isInternal(name)).isEqualTo(internal);
    }

    @ParameterizedTest
    @CsvSource({
        "telemetry, a/#",
        "telemetry.{site}, a/{site}/#",
        "{site}, a/{site}",
        "{header:x}, a/b",
        "_{site}, a/{site}",
        "{site}__, a/{site}",
        "{site}., a/{site}",
        "{topic}, +",
        "{topic}, #",
        "{topic}, a/#",
        "{topic}, +/#",
        "{topic}, {site}",
        "x.{topic}, $share/g/+",
    })
    void requirePossible_possible_passes(String template, String filter) {
        assertThatCode(() -> require(template, filter, false)).doesNotThrowAnyException();
    }

    static Stream<Arguments> requirePossible_impossible_namesMend() {
        return Stream.of(
                Arguments.of(
                        "a/{site}",
                        "x/{site}",
                        "has '/'; a Kafka topic has only a-z A-Z 0-9 . _ -, so use one of those"),
                Arguments.of("{site}{{", "x/{site}", "has '{'; "),
                Arguments.of("{site} ", "x/{site}", "has ' '; "),
                Arguments.of("ä", "x", "has 'ä'; "),
                Arguments.of("a".repeat(200) + "{site}" + "a".repeat(50), "x/{site}", "at most 249 characters"),
                Arguments.of("", "x", "cannot be a Kafka topic; name the topic"),
                Arguments.of("..", "x", "cannot be a Kafka topic; name the topic"),
                Arguments.of("__state", "x", "starts with '__', which Kafka keeps for itself; choose another name"),
                Arguments.of("__{site}", "x/{site}", "or call allowInternalTopics()"),
                Arguments.of(
                        "{topic}",
                        "sensors/+/#",
                        "uses {topic}, but every topic of 'sensors/+/#' has '/', and no Kafka topic can; name levels in"
                                + " the filter, as in 'sensors/{site}', and use those, or give a TopicMapper"),
                Arguments.of("{topic}", "+/+", "has '/'"),
                Arguments.of("{topic}", "/#", "has '/'"),
                Arguments.of("{topic}", "/", "has '/'"),
                Arguments.of("x{topic}", "$share/g/a/{site}", "of '$share/g/a/{site}' has '/'"),
                Arguments.of("{topic}", "$SYS/#", "has '$'"),
                Arguments.of("{topic}", "größe", "has 'ö'"));
    }

    @ParameterizedTest
    @MethodSource
    void requirePossible_impossible_namesMend(String template, String filter, String message) {
        assertThatThrownBy(() -> require(template, filter, false))
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessageStartingWith("toKafka: '")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"__state, x", "__{site}, x/{site}"})
    void requirePossible_internalAllowed_passes(String template, String filter) {
        assertThatCode(() -> require(template, filter, true)).doesNotThrowAnyException();
    }

    private static void require(String template, String filter, boolean allowInternal) {
        TopicFilter source = TopicFilter.parse(filter);
        KafkaTopicName.requirePossible(
                TopicTemplate.parse("toKafka", template, source.levelNames(), EnumSet.allOf(Variable.class)),
                source,
                allowInternal);
    }
}
