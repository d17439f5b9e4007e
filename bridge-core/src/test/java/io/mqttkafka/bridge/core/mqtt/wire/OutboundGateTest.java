package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboundGateTest {
    private static final byte[] PINGREQ = {(byte) 0xC0, 0};
    private static final byte[] PUBACK = {0x40, 2, 0, 1};

    private final ByteArrayOutputStream socket = new ByteArrayOutputStream();
    private final List<String> told = new ArrayList<>();

    private OutboundGate gate(OutputStream out) {
        return new OutboundGate(out, () -> told.add("written"), failure -> told.add(failure.getMessage()));
    }

    @Test
    void clientWritesInPieces_acknowledgementComesNotInBetween() throws IOException {
        OutboundGate gate = gate(socket);

        gate.write(PINGREQ[0]);
        gate.writePackets(PUBACK, PUBACK.length);
        assertThat(socket.toByteArray()).isEqualTo(PUBACK);
        assertThat(told).isEmpty();
        gate.write(PINGREQ[1]);

        assertThat(socket.toByteArray()).isEqualTo(new byte[] {0x40, 2, 0, 1, (byte) 0xC0, 0});
        assertThat(told).containsExactly("written");
    }

    @Test
    void clientWrites_connectionGone_isToldToUsAndNotToTheClient() {
        OutboundGate gate = gate(new Broken());

        gate.write(PINGREQ, 0, PINGREQ.length);

        assertThat(told).containsExactly("gone", "written");
    }

    @Test
    void weWrite_connectionGone_throws() {
        OutboundGate gate = gate(new Broken());

        assertThatThrownBy(() -> gate.writePackets(PUBACK, PUBACK.length))
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
        assertThat(told).isEmpty();
    }

    private static final class Broken extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("gone");
        }
    }
}
