package io.mqttkafka.bridge.core.mqtt.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnection.Subscription;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The bytes of the packets that ask for something, as the standard writes them. */
class ControlPacketsTest {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    private static MqttOptions.Builder options() {
        return MqttOptions.builder()
                .serverUri("tcp://broker")
                .sessionExpiry(Duration.ofHours(1))
                .receiveMaximum(65_535)
                .keepAlive(Duration.ofSeconds(258))
                .maximumPacketSize(65_536)
                .maxInFlightBytes(1 << 20);
    }

    @Test
    void connect_plain() {
        assertThat(HEX.formatHex(ControlPackets.connect(options().build(), "c\u00e4", null, null)))
                .isEqualTo("10 1D 00 04 4D 51 54 54 05 00 01 02 0D"
                        + " 11 00 00 0E 10 21 FF FF 27 00 01 00 00"
                        + " 00 03 63 C3 A4");
    }

    @Test
    void connect_everything() {
        MqttOptions options = options().build().toBuilder()
                .cleanStart(true)
                .credentials("u", null)
                .sessionExpiry(MqttOptions.NEVER)
                .build();
        byte[] connect =
                ControlPackets.connect(options, "c", "p\u20ac", new Will("w/t", new byte[] {7}, Duration.ofSeconds(9)));

        assertThat(HEX.formatHex(connect))
                .isEqualTo("10 32 00 04 4D 51 54 54 05 EE 01 02 0D"
                        + " 11 FF FF FF FF 21 FF FF 27 00 01 00 00"
                        + " 00 01 63"
                        + " 05 18 00 00 00 09 00 03 77 2F 74 00 01 07"
                        + " 00 01 75 00 04 70 E2 82 AC");
    }

    @Test
    void subscribe_withAndWithoutIdentifier() {
        assertThat(HEX.formatHex(ControlPackets.subscribe(
                        ProtocolVersion.V5,
                        0x102,
                        List.of(new Subscription("a/#", 2, 0, false), new Subscription("b", 0, 0, true)))))
                .isEqualTo("82 0D 01 02 00 00 03 61 2F 23 12 00 01 62 18");
        assertThat(HEX.formatHex(ControlPackets.subscribe(
                        ProtocolVersion.V5, 1, List.of(new Subscription("a", 1, 268_435_455, false)))))
                .isEqualTo("82 0C 00 01 05 0B FF FF FF 7F 00 01 61 11");
    }

    @Test
    void unsubscribePingAndDisconnect() {
        assertThat(HEX.formatHex(ControlPackets.unsubscribe(ProtocolVersion.V5, 9, List.of("a", "$share/g/b"))))
                .isEqualTo("A2 12 00 09 00 00 01 61 00 0A 24 73 68 61 72 65 2F 67 2F 62");
        assertThat(HEX.formatHex(ControlPackets.pingreq())).isEqualTo("C0 00");
        assertThat(ControlPackets.disconnect(ProtocolVersion.V5, 0)[0]).isEqualTo((byte) 0xE0);
        for (int code : new int[] {0x81, 0x82, 0x93, 0x94, 0x95}) {
            assertThat(HEX.formatHex(ControlPackets.disconnect(ProtocolVersion.V5, code)))
                    .startsWith("E0 ")
                    .contains(" %02X".formatted(code));
        }
    }

    @Test
    void connect311_plainAndEverything() {
        assertThat(HEX.formatHex(ControlPackets.connect311(options().build(), "c\u00e4", false, null, null)))
                .isEqualTo("10 0F 00 04 4D 51 54 54 04 00 01 02 00 03 63 C3 A4");
        MqttOptions options = options().credentials("u", null).build();
        Will will = new Will("w/t", new byte[] {7}, Duration.ofSeconds(9));
        assertThat(HEX.formatHex(ControlPackets.connect311(options, "c", true, "p\u20ac", will)))
                .isEqualTo("10 1E 00 04 4D 51 54 54 04 EE 01 02 00 01 63"
                        + " 00 03 77 2F 74 00 01 07 00 01 75 00 04 70 E2 82 AC");
    }

    @Test
    void requests_ofMqtt311() {
        ProtocolVersion version = ProtocolVersion.V3_1_1;
        assertThat(HEX.formatHex(ControlPackets.subscribe(
                        version,
                        0x102,
                        List.of(new Subscription("a/#", 2, 7, true), new Subscription("b", 0, 0, false)))))
                .isEqualTo("82 0C 01 02 00 03 61 2F 23 02 00 01 62 00");
        assertThat(HEX.formatHex(ControlPackets.unsubscribe(version, 9, List.of("a", "b/c"))))
                .isEqualTo("A2 0A 00 09 00 01 61 00 03 62 2F 63");
        assertThat(HEX.formatHex(ControlPackets.unsubscribe(version, 1, List.of("x".repeat(200)))))
                .startsWith("A2 CC 01 00 01 00 C8 78");
        assertThat(ControlPackets.disconnect(version, 0)).containsExactly(0xE0, 0);
        // It would say that all is well, and void the will.
        assertThat(ControlPackets.disconnect(version, 0x81)).isNull();
    }

    /** No packet is larger than the broker takes, and none could have held one more. */
    @Test
    void subscribeEnd_fillsPacketsAsFarAsTheBrokerTakesThem() {
        List<Subscription> all = IntStream.range(0, 40)
                .mapToObj(i -> new Subscription("x".repeat(1 + i % 7), 1, 0, false))
                .toList();
        for (int largest = 30; largest < 120; largest++) {
            int from = 0;
            while (from < all.size()) {
                int to = ControlPackets.subscribeEnd(all, from, 100, largest);
                assertThat(to).isGreaterThan(from);
                assertThat(ControlPackets.subscribe(ProtocolVersion.V5, 1, all.subList(from, to)).length)
                        .isLessThanOrEqualTo(largest);
                from = to;
            }
        }
        assertThat(ControlPackets.subscribeEnd(all, 0, 8, 10_000)).isEqualTo(8);
        assertThat(ControlPackets.subscribeEnd(all, 0, 8, 10)).isZero();
        List<Subscription> numbered = List.of(new Subscription("a", 1, 5, false), new Subscription("b", 1, 6, false));
        assertThat(ControlPackets.subscribeEnd(numbered, 0, 8, 1000)).isEqualTo(1);
    }
}
