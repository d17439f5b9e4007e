package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class ConnAckTest {
    private static ConnAck read(int... properties) throws MalformedPacketException {
        byte[] bytes = new byte[3 + properties.length];
        bytes[2] = (byte) properties.length;
        for (int i = 0; i < properties.length; i++) {
            bytes[3 + i] = (byte) properties[i];
        }
        return ConnAck.read(bytes, 0, bytes.length);
    }

    @Test
    void propertyTwice_isAProtocolError() {
        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> read(0x21, 0, 10, 0x21, 0, 10))
                .withMessageContaining("0x21 twice")
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(0x82));
    }

    @Test
    void userPropertyTwice_isLegal() throws MalformedPacketException {
        assertThat(read(0x26, 0, 1, 'a', 0, 1, 'b', 0x26, 0, 1, 'a', 0, 1, 'b', 0x21, 0, 10)
                        .receiveMaximum())
                .isEqualTo(10);
    }
}
