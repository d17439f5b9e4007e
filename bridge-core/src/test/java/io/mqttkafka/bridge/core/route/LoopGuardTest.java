package io.mqttkafka.bridge.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.MqttProperties;
import io.mqttkafka.bridge.message.UserProperty;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the guard takes for the bridge's own, and how it counts. */
class LoopGuardTest {
    private static final String NAME = "bridge.origin";

    private final LoopGuard guard = guard("edge-1");

    private static LoopGuard guard(String clientId) {
        return LoopGuard.of(LoopOptions.defaults(), true, clientId);
    }

    private static MqttMessage mqtt(String topic, String... markers) {
        List<UserProperty> properties = List.of(markers).stream()
                .map(marker -> new UserProperty(NAME, marker))
                .toList();
        return new MqttMessage(
                topic,
                new byte[0],
                QoS.AT_LEAST_ONCE,
                false,
                false,
                new MqttProperties(null, null, null, null, null, properties),
                0);
    }

    private static KafkaMessage kafka(String topic, String marker) {
        List<Header> headers = marker == null ? List.of() : List.of(new Header(NAME, bytes(marker)));
        return new KafkaMessage(topic, 0, 0, 0, null, new byte[0], headers);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] value) {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static String toKafka(LoopGuard guard, MqttMessage message, String topic) {
        Header marker = guard.toKafka(message, topic);
        return marker == null ? null : text(marker.value());
    }

    private static String toMqtt(LoopGuard guard, KafkaMessage message, String topic) {
        return text(guard.toMqtt(message, bytes(topic)));
    }

    @Test
    void marker_ofANewMessage_isIdentityOneHopAndTheWay() {
        String marker = toKafka(guard, mqtt("a/1"), "t");

        assertThat(marker).matches("edge-1;1;[0-9a-f]{16}");
        assertThat(text(guard.fresh("a/1", "t").value())).isEqualTo(marker);
        assertThat(guard.fresh("a/1", "t").name()).isEqualTo(NAME);
    }

    @Test
    void record_wouldGoBackToItsMqttTopic_isStopped() {
        String marker = toKafka(guard, mqtt("a/1"), "t");

        assertThat(toMqtt(guard, kafka("t", marker), "a/1")).isNull();
    }

    @Test
    void record_goesToAnotherMqttTopic_isMarkedAnew() {
        String marker = toKafka(guard, mqtt("a/1"), "t");

        assertThat(toMqtt(guard, kafka("t", marker), "a/2")).startsWith("edge-1;2;");
    }

    @Test
    void message_wouldGoBackToItsKafkaTopic_isStopped() {
        String marker = toMqtt(guard, kafka("t", null), "a/1");

        assertThat(toKafka(guard, mqtt("a/1", marker), "t")).isNull();
        assertThat(toKafka(guard, mqtt("a/1", marker), "u")).startsWith("edge-1;2;");
    }

    @Test
    void marker_copiedByAnApplicationToAnotherTopic_isNotOurMessage() {
        String marker = toKafka(guard, mqtt("a/1"), "requests");

        assertThat(toMqtt(guard, kafka("replies", marker), "a/1")).startsWith("edge-1;2;");
    }

    @Test
    void marker_ofTheSameDirection_isNotOurMessage() {
        String marker = toKafka(guard, mqtt("a/1"), "t");

        assertThat(toKafka(guard, mqtt("a/1", marker), "t")).startsWith("edge-1;2;");
    }

    @ParameterizedTest
    @ValueSource(strings = {"edge-2", "edge-", "edge-11", "edge-1;1", "x"})
    void marker_ofAnotherBridge_isNotOurMessage(String other) {
        String marker = toKafka(guard(other), mqtt("a/1"), "t");

        assertThat(toMqtt(guard, kafka("t", marker), "a/1")).startsWith("edge-1;2;");
        assertThat(toMqtt(guard(other), kafka("t", marker), "a/1")).isNull();
    }

    @Test
    void marker_thereTwice_theLastOneCounts() {
        String marker = toMqtt(guard, kafka("t", null), "a/1");

        assertThat(toKafka(guard, mqtt("a/1", "other;1;0123456789abcdef", marker), "t"))
                .isNull();
        assertThat(toKafka(guard, mqtt("a/1", marker, "other;5;0123456789abcdef"), "t"))
                .startsWith("edge-1;6;");
    }

    @ParameterizedTest
    @CsvSource({"7, 8", "0, 1", "1, 2"})
    void hops_belowTheLimit_goOn(int hops, int next) {
        String marker = "other;" + hops + ";0123456789abcdef";

        assertThat(toKafka(guard, mqtt("a/1", marker), "t")).startsWith("edge-1;" + next + ";");
        assertThat(toMqtt(guard, kafka("t", marker), "a/1")).startsWith("edge-1;" + next + ";");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 999_999})
    void hops_atTheLimit_areRefused(int hops) {
        String marker = "other;" + hops + ";0123456789abcdef";

        assertThatExceptionOfType(HopLimitException.class)
                .isThrownBy(() -> guard.toKafka(mqtt("a/1", marker), "t"))
                .withMessage("loops.hopLimit: the message has passed " + hops
                        + " bridges and may pass no more; find the routes that feed each other, or raise hopLimit(..)");
        assertThatExceptionOfType(HopLimitException.class)
                .isThrownBy(() -> guard.toMqtt(kafka("t", marker), bytes("a/1")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                ";;",
                "edge-1",
                "edge-1;1",
                "edge-1;;0123456789abcdef",
                "edge-1;-1;0123456789abcdef",
                "edge-1;1x;0123456789abcdef",
                "edge-1;9999999;0123456789abcdef",
                "edge-1;1;0123456789abcde",
                "0123456789abcdef",
                ";0123456789abcdef",
                "1;0123456789abcdef"
            })
    void whatIsNoMarker_countsAsNone(String text) {
        assertThat(toKafka(guard, mqtt("a/1", text), "t")).startsWith("edge-1;1;");
        assertThat(toMqtt(guard, kafka("t", text), "a/1")).startsWith("edge-1;1;");
    }

    @Test
    void headers_ofTheBridge_areNotHandedOn_markersByBridgesThatMakeNone() {
        LoopGuard off = LoopGuard.of(LoopOptions.defaults(), false, "edge-1");

        assertThat(guard.isOn()).isTrue();
        assertThat(guard.handsOn(NAME)).isFalse();
        assertThat(guard.handsOn("bridge.dead-letter.route")).isFalse();
        assertThat(guard.handsOn("bridges")).isTrue();
        assertThat(off.isOn()).isFalse();
        assertThat(off.handsOn(NAME)).isTrue();
        assertThat(off.handsOn("bridge.dead-letter.route")).isFalse();
    }

    @Test
    void clientId_thatIsNoIdentity_isRefusedWhereItMatters() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> guard("a\tb"))
                .withMessage("loops.identity: is not set, and the client id cannot be one; set loops.identity(..)"
                        + " to a short name of ordinary characters");
        assertThat(LoopGuard.of(LoopOptions.defaults(), false, "a\tb").isOn()).isFalse();
        assertThat(LoopGuard.of(LoopOptions.builder().identity("e").build(), true, "a\tb")
                        .isOn())
                .isTrue();
    }
}
