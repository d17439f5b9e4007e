package io.mqttkafka.bridge.benchmarks.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
    private static final byte[] TOPIC = "a/b".getBytes(UTF_8);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1_000, 1_000_000})
    void next_framesCutAnywhere_areWhole(int bytesPerRead) throws IOException {
        byte[] large = new byte[300_000];
        large[299_999] = 42;
        FrameWriter frames = new FrameWriter()
                .acknowledgement(PacketType.PUBREL, 513)
                .publish(1, 65_535, TOPIC, large)
                .publish(0, 0, TOPIC, new byte[] {1, 2, 3});

        FrameReader reader = new FrameReader(new Dripping(bytesOf(frames), bytesPerRead));

        reader.next();
        assertThat(reader.packetType()).isEqualTo(PacketType.PUBREL);
        assertThat(reader.twoBytes()).isEqualTo(513);
        assertPublish(reader, 1, 65_535, large);
        assertPublish(reader, 0, 0, new byte[] {1, 2, 3});
        assertThat(reader.nextBuffered()).isFalse();
    }

    private static void assertPublish(FrameReader reader, int qos, int packetId, byte[] payload) throws IOException {
        reader.next();
        assertThat(reader.packetType()).isEqualTo(PacketType.PUBLISH);
        assertThat(reader.qos()).isEqualTo(qos);
        assertThat(reader.bytes(reader.twoBytes())).isEqualTo(TOPIC);
        if (qos > 0) {
            assertThat(reader.twoBytes()).isEqualTo(packetId);
        }
        reader.skipProperties();
        assertThat(reader.rest()).isEqualTo(payload);
    }

    private static byte[] bytesOf(FrameWriter frames) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        frames.flushTo(out);
        return out.toByteArray();
    }

    /** Hands out a few bytes per read, as a socket may. */
    private static final class Dripping extends InputStream {
        private final ByteArrayInputStream bytes;
        private final int bytesPerRead;

        private Dripping(byte[] bytes, int bytesPerRead) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.bytesPerRead = bytesPerRead;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, Math.min(length, bytesPerRead));
        }
    }
}
