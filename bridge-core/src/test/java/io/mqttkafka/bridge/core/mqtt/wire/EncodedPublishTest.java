package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** One message, as both versions of MQTT write it. */
class EncodedPublishTest {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    private static EncodedPublish publish(int qos, boolean retain, boolean withProperties, int payload) {
        PropertyWriter properties = null;
        if (withProperties) {
            properties = new PropertyWriter();
            properties.expiry();
            properties.contentType("t".getBytes(StandardCharsets.UTF_8));
        }
        byte[] bytes = new byte[payload];
        Arrays.fill(bytes, (byte) 'x');
        return EncodedPublish.of(new byte[] {'a', '/', 'b'}, qos, retain, properties, bytes);
    }

    private static String written(EncodedPublish publish, ProtocolVersion version, boolean duplicate) {
        byte[] target = new byte[publish.size() + 3];
        int end = publish.copyTo(version, target, 3, 0x102, duplicate, 9);
        return HEX.formatHex(target, 3, end);
    }

    @Test
    void mqtt311_hasNoProperties() {
        assertThat(written(publish(0, false, false, 1), ProtocolVersion.V3_1_1, false))
                .isEqualTo("30 06 00 03 61 2F 62 78");
        assertThat(written(publish(2, true, true, 2), ProtocolVersion.V3_1_1, true))
                .isEqualTo("3D 09 00 03 61 2F 62 01 02 78 78");
        assertThat(written(publish(1, false, true, 0), ProtocolVersion.V3_1_1, false))
                .isEqualTo("32 07 00 03 61 2F 62 01 02");
    }

    @Test
    void mqtt5_isAsItWas() {
        assertThat(written(publish(2, true, true, 1), ProtocolVersion.V5, true))
                .isEqualTo("3D 12 00 03 61 2F 62 01 02 09 02 00 00 00 09 03 00 01 74 78");
    }

    /** What takes two bytes with properties takes one without. */
    @Test
    void remainingLength_canBeShorter() {
        for (int payload = 100; payload < 140; payload++) {
            EncodedPublish publish = publish(1, false, true, payload);
            String packet = written(publish, ProtocolVersion.V3_1_1, false);
            int remaining = 7 + payload;
            String length =
                    remaining < 128 ? "%02X".formatted(remaining) : "%02X 01".formatted(remaining & 0x7F | 0x80);
            assertThat(packet).startsWith("32 " + length + " 00 03 61 2F 62 01 02 78");
            assertThat(packet.split(" ")).hasSize(1 + length.split(" ").length + remaining);
        }
    }
}
