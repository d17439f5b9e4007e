package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnAckTest {
    private static ConnAck read(int... properties) throws MalformedPacketException {
        byte[] bytes = new byte[3 + properties.length];
        bytes[2] = (byte) properties.length;
        for (int i = 0; i < properties.length; i++) {
            bytes[3 + i] = (byte) properties[i];
        }
        return ConnAck.read(ProtocolVersion.V5, bytes, 0, bytes.length);
    }

    @Test
    void propertyTwice_isAProtocolError() {
        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> read(0x21, 0, 10, 0x21, 0, 10))
                .withMessageContaining("0x21 twice")
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(0x82));
    }

    @Test
    void nothingSaid_grantsEverything() throws MalformedPacketException {
        BrokerLimits limits = read().limits();

        assertThat(limits.features()).containsExactlyInAnyOrder(Feature.values());
        assertThat(limits.maximumQos()).isEqualTo(2);
        assertThat(limits.receiveMaximum()).isEqualTo(65_535);
        assertThat(limits.maximumPacketSize()).isEqualTo(268_435_460);
        assertThat(limits.keepAlive(Duration.ofSeconds(7))).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @CsvSource({"0x25,RETAIN", "0x28,WILDCARDS", "0x29,SUBSCRIPTION_IDENTIFIERS", "0x2A,SHARED_SUBSCRIPTIONS"})
    void featureDenied_isNotGranted(String property, Feature feature) throws MalformedPacketException {
        int id = Integer.decode(property);

        assertThat(read(id, 1).limits().features()).containsExactlyInAnyOrder(Feature.values());
        assertThat(read(id, 0).limits().features()).doesNotContain(feature).hasSize(Feature.values().length - 1);
    }

    @Test
    void userPropertyTwice_isLegal() throws MalformedPacketException {
        assertThat(read(0x26, 0, 1, 'a', 0, 1, 'b', 0x26, 0, 1, 'a', 0, 1, 'b', 0x21, 0, 10)
                        .limits()
                        .receiveMaximum())
                .isEqualTo(10);
    }

    /** What a broker of MQTT 3.1.1 answers who refuses, in the form of MQTT 5: 0x01 to 0x05. Other codes are no CONNACK. */
    @Test
    void codesBelow0x80_butSuccess_areRefusals() throws MalformedPacketException {
        for (int code = 0; code < 0x80; code++) {
            byte[] bytes = {0, (byte) code, 0};
            if (code > 5) {
                assertThatExceptionOfType(MalformedPacketException.class)
                        .as("code %d", code)
                        .isThrownBy(() -> ConnAck.read(ProtocolVersion.V5, bytes, 0, bytes.length));
            } else {
                assertThat(ConnAck.read(ProtocolVersion.V5, bytes, 0, bytes.length)
                                .accepted())
                        .as("code %d", code)
                        .isEqualTo(code == 0);
            }
        }
    }

    /** Two bytes, and codes from 0 to 5: everything else is no CONNACK of MQTT 3.1.1. */
    @Test
    void returnCodes_ofMqtt311_areTheReasonsThatMeanTheSame() throws MalformedPacketException {
        int[] reasons = {0, 0x84, 0x85, 0x88, 0x86, 0x87};
        for (int code = 0; code < 256; code++) {
            for (int flags = 0; flags < 4; flags++) {
                byte[] bytes = {(byte) flags, (byte) code};
                if (code > 5 || flags > 1 || (flags == 1 && code > 0)) {
                    assertThatExceptionOfType(MalformedPacketException.class)
                            .as("flags %d, code %d", flags, code)
                            .isThrownBy(() -> ConnAck.read(ProtocolVersion.V3_1_1, bytes, 0, 2));
                } else {
                    ConnAck read = ConnAck.read(ProtocolVersion.V3_1_1, bytes, 0, 2);
                    assertThat(read.reasonCode()).isEqualTo(reasons[code]);
                    assertThat(read.limits().sessionPresent()).isEqualTo(flags == 1);
                    assertThat(read.limits().version()).isEqualTo(ProtocolVersion.V3_1_1);
                    assertThat(read.limits().has(Feature.SUBSCRIPTION_IDENTIFIERS))
                            .isFalse();
                }
            }
        }
        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> ConnAck.read(ProtocolVersion.V3_1_1, new byte[] {0, 0, 0}, 0, 3));
    }
}
