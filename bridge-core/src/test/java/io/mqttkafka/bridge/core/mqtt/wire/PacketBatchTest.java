package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PacketBatchTest {
    /** Of no room at first: it grows, and keeps what is in it. */
    private final PacketBatch batch = new PacketBatch(0);

    private byte[] written() {
        return Arrays.copyOf(batch.bytes(), batch.length());
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    @Test
    void answers_oneBehindTheOther_areThoseOfTheStandard() {
        batch.puback(1);
        batch.pubrec(0x0203);
        batch.pubrel(0xFFFE, true);
        batch.pubcomp(4, true);

        assertThat(written()).isEqualTo(bytes(0x40, 2, 0, 1, 0x50, 2, 2, 3, 0x62, 2, 0xFF, 0xFE, 0x70, 2, 0, 4));
    }

    @Test
    void answersToUnknownIds_sayWhy() {
        batch.pubrel(5, false);
        batch.pubcomp(6, false);

        assertThat(written()).isEqualTo(bytes(0x62, 3, 0, 5, 0x92, 0x70, 3, 0, 6, 0x92));
    }

    /** There is no room for a reason, nor for properties. */
    @Test
    void mqtt311_hasNeitherReasonsNorProperties() {
        PacketBatch old = new PacketBatch(ProtocolVersion.V3_1_1, 0);
        old.pubrel(5, false);
        old.pubcomp(6, false);
        old.publish(
                EncodedPublish.of("t".getBytes(StandardCharsets.UTF_8), 1, false, null, new byte[] {9}), 7, true, 0);
        old.puback(2);

        assertThat(Arrays.copyOf(old.bytes(), old.length()))
                .isEqualTo(bytes(0x62, 2, 0, 5, 0x70, 2, 0, 6, 0x3A, 6, 0, 1, 't', 0, 7, 9, 0x40, 2, 0, 2));
    }

    @Test
    void message_betweenAnswers_isWhole() {
        EncodedPublish packet = EncodedPublish.of("t".getBytes(StandardCharsets.UTF_8), 1, false, null, new byte[] {9});
        batch.puback(1);
        batch.publish(packet, 7, true, 0);
        batch.puback(2);

        assertThat(written()).isEqualTo(bytes(0x40, 2, 0, 1, 0x3A, 7, 0, 1, 't', 0, 7, 0, 9, 0x40, 2, 0, 2));
    }

    @Test
    void cleared_isEmptyAndKeepsItsRoom() {
        batch.puback(1);
        int room = batch.capacity();
        batch.clear();

        assertThat(batch.length()).isZero();
        batch.puback(2);
        assertThat(written()).isEqualTo(bytes(0x40, 2, 0, 2));
        assertThat(batch.capacity()).isEqualTo(room);
    }
}
