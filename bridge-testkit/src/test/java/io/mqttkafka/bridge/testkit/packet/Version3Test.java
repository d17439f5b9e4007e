package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Version3Test {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "20 02 01 00|20 03 01 00 00",
                "20 02 00 05|20 03 00 87 00",
                "30 04 00 01 61 78|30 05 00 01 61 00 78",
                "3B 06 00 01 61 00 07 78|3B 07 00 01 61 00 07 00 78",
                "82 06 00 01 00 01 61 02|82 07 00 01 00 00 01 61 02",
                "90 04 00 01 02 80|90 05 00 01 00 02 80",
                "A2 05 00 01 00 01 61|A2 06 00 01 00 00 01 61",
                "B0 02 00 01|B0 03 00 01 00",
                "40 02 00 07|40 02 00 07",
                "62 02 00 07|62 02 00 07",
                "C0 00|C0 00",
            })
    void packet_thereAndBack_isTheSame(String old, String version5) {
        assertThat(HEX.formatHex(Version3.toVersion5(HEX.parseHex(old)))).isEqualTo(version5);
        assertThat(HEX.formatHex(Version3.fromVersion5(HEX.parseHex(version5)))).isEqualTo(old);
    }

    @Test
    void whatOnlyMqtt5Knows_isLeftOut() {
        byte[] publish = PublishPacket.to("a")
                .userProperty("k", "v")
                .payload("x")
                .build()
                .encode();
        byte[] refused = MqttPackets.ack(MqttPacketType.PUBACK, 7, 0x87, MqttProperties.NONE)
                .bytes();

        assertThat(HEX.formatHex(Version3.fromVersion5(publish))).isEqualTo("30 04 00 01 61 78");
        assertThat(HEX.formatHex(Version3.fromVersion5(refused))).isEqualTo("40 02 00 07");
        assertThat(Version3.fromVersion5(
                        MqttPackets.disconnect(0x8B, MqttProperties.NONE).bytes()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"20 03 00 00 00", "20 02 00 06", "40 03 00 07 00", "B0 03 00 01 00", "F0 00", "E0 01 00"})
    void whatMqtt311DoesNotKnow_isRefused(String packet) {
        assertThatIllegalArgumentException().isThrownBy(() -> Version3.toVersion5(HEX.parseHex(packet)));
    }

    @Test
    void connect_saysItsVersion() {
        byte[] connect = HEX.parseHex("10 0D 00 04 4D 51 54 54 04 02 00 3C 00 01 63");

        assertThat(Version3.begins(connect)).isTrue();
        ConnectPacket read = MqttPacket.of(connect).connect();
        assertThat(read.version()).isEqualTo(4);
        assertThat(read.clientId()).isEqualTo("c");
        assertThat(MqttPackets.connect(read).bytes()).isEqualTo(connect);
    }
}
