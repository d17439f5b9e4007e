package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MqttPropertiesTest {

    @ParameterizedTest
    @EnumSource(MqttProperty.class)
    void everyProperty_writtenAndRead_isTheSame(MqttProperty property) {
        MqttProperties written =
                switch (property.kind()) {
                    case TEXT -> MqttProperties.NONE.with(property, "täxt");
                    case DATA -> MqttProperties.NONE.with(property, new byte[] {0, -1});
                    case PAIR -> MqttProperties.NONE.withUserProperty("k", "v").withUserProperty("k", "v");
                    default ->
                        MqttProperties.NONE.with(property, property.kind().highest());
                };

        MqttProperties read = read(new WireWriter().properties(written).bytes());

        assertThat(read).hasToString(written.toString());
        assertThat(read.isEmpty()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455})
    void variableInteger_writtenAndRead_isTheSame(long value) {
        assertThat(new WireReader(
                                ByteBuffer.wrap(new WireWriter().variable(value).bytes()))
                        .variable())
                .isEqualTo(value);
    }

    @Test
    void values_absent_areEmpty() {
        assertThat(MqttProperties.NONE.isEmpty()).isTrue();
        assertThat(MqttProperties.NONE.number(MqttProperty.RECEIVE_MAXIMUM)).isEmpty();
        assertThat(MqttProperties.NONE.text(MqttProperty.CONTENT_TYPE)).isEmpty();
        assertThat(MqttProperties.NONE.data(MqttProperty.CORRELATION_DATA)).isEmpty();
        assertThat(MqttProperties.NONE.userProperties()).isEmpty();
    }

    @Test
    void userProperties_repeatedNames_keepTheirOrder() {
        MqttProperties properties = MqttProperties.NONE
                .withUserProperty("b", "1")
                .withUserProperty("a", "2")
                .withUserProperty("b", "3");

        assertThat(properties.userProperties())
                .containsExactly(Map.entry("b", "1"), Map.entry("a", "2"), Map.entry("b", "3"));
    }

    @Test
    void with_wrongKindOrRange_throws() {
        assertThatThrownBy(() -> MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 65_536))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("RECEIVE_MAXIMUM cannot be the number 65536");
        assertThatThrownBy(() -> MqttProperties.NONE.with(MqttProperty.CONTENT_TYPE, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, "1"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MqttProperties.NONE.with(MqttProperty.CONTENT_TYPE, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static MqttProperties read(byte[] bytes) {
        WireReader reader = new WireReader(ByteBuffer.wrap(bytes));
        MqttProperties properties = reader.properties();
        reader.end();
        return properties;
    }
}
