package io.mqttkafka.bridge.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.QoS;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
    private static MqttProperties properties(byte... correlationData) {
        return new MqttProperties(
                true, 7L, "text/plain", "reply", correlationData, List.of(new UserProperty("a", "b")));
    }

    @Test
    void properties_sameContents_areEqual() {
        assertThat(properties((byte) 1, (byte) 2))
                .isEqualTo(properties((byte) 1, (byte) 2))
                .hasSameHashCodeAs(properties((byte) 1, (byte) 2));
    }

    static Stream<MqttProperties> others() {
        List<UserProperty> user = List.of(new UserProperty("a", "b"));
        byte[] data = {1, 2};
        return Stream.of(
                new MqttProperties(false, 7L, "text/plain", "reply", data, user),
                new MqttProperties(true, 8L, "text/plain", "reply", data, user),
                new MqttProperties(true, 7L, "text/html", "reply", data, user),
                new MqttProperties(true, 7L, "text/plain", "other", data, user),
                new MqttProperties(true, 7L, "text/plain", "reply", new byte[] {1}, user),
                new MqttProperties(true, 7L, "text/plain", "reply", null, user),
                new MqttProperties(true, 7L, "text/plain", "reply", data, List.of()),
                MqttProperties.NONE);
    }

    @ParameterizedTest
    @MethodSource("others")
    void properties_oneDifference_areNotEqual(MqttProperties other) {
        assertThat(properties((byte) 1, (byte) 2)).isNotEqualTo(other);
        assertThat(other).isNotEqualTo(properties((byte) 1, (byte) 2)).isEqualTo(other);
    }

    @Test
    void properties_listChangedLater_hasNoEffect() {
        List<UserProperty> user = new ArrayList<>();
        var properties = new MqttProperties(null, null, null, null, null, user);
        user.add(new UserProperty("a", "b"));
        assertThat(properties.userProperties()).isEmpty();
        assertThat(properties.userProperties()).isUnmodifiable();
        assertThat(properties).isEqualTo(MqttProperties.NONE);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4_294_967_295L})
    void properties_expiryInRange_isKept(long seconds) {
        assertThat(new MqttProperties(null, seconds, null, null, null, List.of()).expirySeconds())
                .isEqualTo(seconds);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 4_294_967_296L})
    void properties_expiryOutOfRange_isRefused(long seconds) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MqttProperties(null, seconds, null, null, null, List.of()))
                .withMessage("expirySeconds: " + seconds + " must be from 0 to 4294967295");
    }

    @Test
    void headers_sameBytes_areEqual() {
        assertThat(new Header("a", new byte[] {1}))
                .isEqualTo(new Header("a", new byte[] {1}))
                .hasSameHashCodeAs(new Header("a", new byte[] {1}))
                .isNotEqualTo(new Header("b", new byte[] {1}))
                .isNotEqualTo(new Header("a", new byte[] {2}))
                .isNotEqualTo(new Header("a", null))
                .isNotEqualTo("a");
        assertThat(new Header("a", null)).isEqualTo(new Header("a", null)).hasToString("Header[a, no value]");
        assertThat(new Header("a", new byte[3])).hasToString("Header[a, 3 bytes]");
    }

    @Test
    void message_of_isQos1WithoutProperties() {
        byte[] payload = {1, 2};
        var message = MqttMessage.of("a/b", payload);
        assertThat(message.topic()).isEqualTo("a/b");
        assertThat(message.payload()).isSameAs(payload);
        assertThat(message.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(message.retained()).isFalse();
        assertThat(message.duplicate()).isFalse();
        assertThat(message.properties()).isEqualTo(MqttProperties.NONE);
        assertThat(message.receivedAtMillis()).isZero();
        assertThat(message).hasToString("MqttMessage[a/b, 2 bytes, AT_LEAST_ONCE]");
    }

    @Test
    void message_flags_areShown() {
        var message = new MqttMessage("a", new byte[0], QoS.EXACTLY_ONCE, true, true, MqttProperties.NONE, 5);
        assertThat(message).hasToString("MqttMessage[a, 0 bytes, EXACTLY_ONCE, retained, duplicate]");
        assertThat(message.receivedAtMillis()).isEqualTo(5);
    }

    @Test
    void received_level_isFoundByName() {
        Map<String, String> levels = new HashMap<>(Map.of("site", "berlin"));
        var received = Received.of(MqttMessage.of("a", new byte[0]), 7, levels);
        levels.put("site", "paris");
        assertThat(received.level("site")).isEqualTo("berlin");
        assertThat(received.value()).isEqualTo(7);
        assertThat(received.message().topic()).isEqualTo("a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> received.level("device"))
                .withMessage("level: 'device' is none of [site]");
    }

    static Stream<Runnable> nulls() {
        MqttMessage message = MqttMessage.of("a", new byte[0]);
        return Stream.of(
                () -> new Header(null, new byte[0]),
                () -> new UserProperty(null, "b"),
                () -> new UserProperty("a", null),
                () -> new MqttProperties(null, null, null, null, null, null),
                () -> MqttMessage.of(null, new byte[0]),
                () -> MqttMessage.of("a", null),
                () -> new MqttMessage("a", new byte[0], null, false, false, MqttProperties.NONE, 0),
                () -> new MqttMessage("a", new byte[0], QoS.AT_MOST_ONCE, false, false, null, 0),
                () -> Received.of(null, 1, Map.of()),
                () -> Received.of(message, null, Map.of()),
                () -> Received.of(message, 1, null));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void values_null_isRefused(Runnable call) {
        assertThatNullPointerException().isThrownBy(call::run);
    }
}
