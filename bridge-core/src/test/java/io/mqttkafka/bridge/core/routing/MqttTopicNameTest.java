package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.MappingException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MqttTopicNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "/", "a/b", "a//b", "ä/ö", "a b", "{x}", "a/$b", "\uD83D\uDE00"})
    void checked_legal_isItsUtf8(String topic) {
        assertThat(MqttTopicName.checked("toMqtt", topic, false)).isEqualTo(topic.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "+",
                "a/#",
                "a+b",
                "\u0000",
                "a\nb",
                "a\u007Fb",
                "a\u0085b",
                "\uFFFE",
                "\uFDD0",
                "\uD800",
                "$SYS/a"
            })
    void checked_illegal_isRefused(String topic) {
        assertThatThrownBy(() -> MqttTopicName.checked("toMqtt", topic, false))
                .isInstanceOf(MappingException.class)
                .hasMessageStartingWith("toMqtt: '");
    }

    @Test
    void checked_longest_isLegal_oneMoreIsNot() {
        assertThat(MqttTopicName.checked("toMqtt", "x".repeat(65_535), false)).hasSize(65_535);
        assertThatThrownBy(() -> MqttTopicName.checked("toMqtt", "x".repeat(65_536), false))
                .isInstanceOf(MappingException.class);
        assertThatThrownBy(() -> MqttTopicName.checked("toMqtt", "ä".repeat(32_768), false))
                .isInstanceOf(MappingException.class);
    }

    @Test
    void checked_dollarAllowed_isLegal() {
        assertThat(MqttTopicName.checked("toMqtt", "$own/a", true)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/+", "a/#/{key}", ""})
    void requirePossible_neverLegal_isRefused(String template) {
        TopicTemplate parsed =
                TopicTemplate.parse("toMqtt", template, List.of("partition"), EnumSet.allOf(Variable.class));
        assertThatThrownBy(() -> MqttTopicName.requirePossible(parsed))
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("toMqtt");
    }
}
