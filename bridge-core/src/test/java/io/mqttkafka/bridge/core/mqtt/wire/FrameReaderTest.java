package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets cut anywhere, of any length, and what they may make the reader keep. */
class FrameReaderTest {
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

    private final List<String> seen = new ArrayList<>();

    /** Notes everything. */
    private final class Notes implements FrameHandler {
        @Override
        public void beginning(int firstByte) {
            // The rest follows, or not.
        }

        @Override
        public void arriving(int firstByte, int remainingLength) {
            seen.add("arriving " + PacketType.name(PacketType.of(firstByte)) + " " + remainingLength);
        }

        @Override
        public void connAck(ConnAck connAck) {
            seen.add("connack " + connAck.reasonCode());
        }

        @Override
        public void publish(PublishFrame frame) {
            seen.add("publish " + frame.packetId() + " " + frame.payload().length);
        }

        @Override
        public void release(int packetId) {
            seen.add("release " + packetId);
        }

        @Override
        public void answered(int type, int packetId, int reasonCode) {
            seen.add(PacketType.name(type) + " " + packetId + " " + reasonCode);
        }

        @Override
        public void answered(RequestAnswer answer) {
            seen.add(PacketType.name(answer.type()) + " " + answer.packetId() + " " + answer.reasonCodes());
        }

        @Override
        public void pingAnswered() {
            seen.add("pong");
        }

        @Override
        public void disconnected(Disconnect disconnect) {
            seen.add("disconnected " + disconnect.reasonCode());
        }
    }

    /** Gives bytes in pieces, and counts how many were asked for at most. */
    private static final class Pieces extends InputStream {
        private final byte[] bytes;
        private final SplittableRandom random;
        private int at;
        private int largest;

        Pieces(byte[] bytes, long seed) {
            this.bytes = bytes;
            random = new SplittableRandom(seed);
        }

        @Override
        public int read() {
            throw new AssertionError("a system call for a byte");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            largest = Math.max(largest, target.length);
            if (at == bytes.length) {
                return -1;
            }
            int most = random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(10_000);
            int count = Math.min(Math.min(most, length), bytes.length - at);
            System.arraycopy(bytes, at, target, offset, count);
            at += count;
            return count;
        }
    }

    private static byte[] publish(int packetId, int payload) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(0x32);
        int rest = 2 + 1 + 2 + 1 + payload;
        while (rest > 127) {
            packet.write(rest & 127 | 128);
            rest >>= 7;
        }
        packet.write(rest);
        packet.writeBytes(new byte[] {0, 1, 'a', (byte) (packetId >> 8), (byte) packetId, 0});
        packet.writeBytes(new byte[payload]);
        return packet.toByteArray();
    }

    private ProtocolVersion version = ProtocolVersion.V5;

    private void run(InputStream in, int maximumPacketSize) throws IOException {
        new FrameReader(version, in, new Notes(), maximumPacketSize).run();
    }

    private MalformedPacketException malformed(String hex) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String part : hex.split(" ")) {
            bytes.write(Integer.parseInt(part, 16));
        }
        try {
            run(new Pieces(bytes.toByteArray(), 1), 100_000);
        } catch (MalformedPacketException e) {
            return e;
        } catch (IOException e) {
            throw new AssertionError(hex + " was taken: " + seen, e);
        }
        throw new AssertionError(hex + " has no end");
    }

    @Test
    void packets_cutAnywhere_areSeenWholeAndInOrder() {
        int[] payloads = {0, 1, 119, 120, 121, 16_000, 16_380, 70_000, 300_000, 3};
        for (long seed = 0; seed < 200; seed++) {
            seen.clear();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes(CONNACK);
            List<String> expected = new ArrayList<>(List.of("connack 0"));
            for (int i = 0; i < payloads.length; i++) {
                bytes.writeBytes(publish(i + 1, payloads[i]));
                expected.add("publish " + (i + 1) + " " + payloads[i]);
                bytes.writeBytes(new byte[] {(byte) 0xD0, 0, 0x62, 2, 0, 7, 0x40, 3, 0, 9, 0x10});
                expected.addAll(List.of("pong", "release 7", "PUBACK 9 16"));
            }
            bytes.writeBytes(
                    new byte[] {(byte) 0x90, 8, 1, 0, 4, 0x1F, 0, 1, 'x', (byte) 0x97, (byte) 0xE0, 1, (byte) 0x8B});
            expected.addAll(List.of("SUBACK 256 [151]", "disconnected 139"));
            Pieces in = new Pieces(bytes.toByteArray(), seed);

            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> run(in, 1 << 20));

            assertThat(seen.stream().filter(line -> !line.startsWith("arriving")))
                    .containsExactlyElementsOf(expected);
            assertThat(seen.stream().filter(line -> line.startsWith("arriving")))
                    .hasSize(expected.size());
        }
    }

    /** 256 MB are announced, and nothing of it comes. */
    @Test
    void buffer_growsWithWhatArrives() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(CONNACK);
        bytes.writeBytes(new byte[] {0x30, -1, -1, -1, 0x7F});
        bytes.writeBytes(new byte[200_000]);
        Pieces in = new Pieces(bytes.toByteArray(), 1);

        assertThatExceptionOfType(EOFException.class).isThrownBy(() -> run(in, 268_435_460));

        assertThat(in.largest).isLessThanOrEqualTo(2 * 200_010);
    }

    @Test
    void limit_beforeConnack_is64KiBAndAfterwardsOurs() {
        byte[] answer = {0x20, -1, -1, 3};
        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> run(new Pieces(answer, 1), 1 << 20))
                .withMessageContaining("CONNACK of 65539 bytes is larger than 65536 bytes")
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(0x95));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(CONNACK);
        bytes.writeBytes(new byte[] {0x30, -1, -1, 3});
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> run(new Pieces(bytes.toByteArray(), 1), 1 << 20));
        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> run(new Pieces(bytes.toByteArray(), 1), 65_538))
                .withMessageContaining("mqtt.maximumPacketSize 65538");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // CONNACK: flags, properties of other packets, twice, longer or shorter than said, values beyond their
                // range.
                "20 03 02 00 00|81",
                "20 05 00 00 02 01 01|82",
                "20 09 00 00 06 21 00 0A 21 00 0A|82",
                "20 03 00 00 01|81",
                "20 04 00 00 00 00|81",
                "20 05 00 00 02 24 02|82",
                "20 05 00 00 02 25 02|82",
                "20 06 00 00 03 21 00 00|82",
                "20 08 00 00 05 27 00 00 00 00|82",
                "20 03 00 07 00|81",
                "20 02 00 87|81",
                "20 07 00 00 04 15 00 01 61|82",
                "20 07 00 00 04 16 00 01 61|82",
                // Answers: no packet id, no code, codes of other packets, properties of other packets or longer than
                // said.
                "90 03 00 01 00|81",
                "90 04 00 00 00 00|82",
                "90 04 00 01 00 03|82",
                "B0 04 00 01 00 01|82",
                "90 06 00 01 02 24 01 00|82",
                "90 04 00 01 05 00|81",
                "90 08 00 01 04 1F 00 05 61 00|81",
                "40 02 00 00|82",
                "62 02 00 00|82",
                "40 01 00|81",
                "40 05 00 01 00 05 00|81",
                "40 05 00 01 00 00 00|81",
                "40 06 00 01 00 02 24 01|82",
                // A length of five bytes, and what no broker sends.
                "30 FF FF FF FF 01|81",
                "10 00|82",
                "F0 00|82",
            })
    void packet_malformed_isRefusedWithItsCode(String hex, String code) {
        assertThat(Integer.toHexString(malformed(hex).reasonCode())).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Of brokers that know MQTT 3 only.
                "20 02 00 01|connack 132",
                "20 03 00 01 00|connack 132",
                "20 02 00 05|connack 132",
                "20 02 00 00|connack 132",
                "20 03 00 87 00|connack 135",
                "20 03 01 00 00|connack 0",
                "20 06 00 00 03 22 00 0A|connack 0",
                "90 07 00 01 00 00 A1 A2 97|SUBACK 1 [0, 161, 162, 151]",
                "B0 05 00 02 00 00 11|UNSUBACK 2 [0, 17]",
                "90 04 00 01 00 84|SUBACK 1 [132]",
                "B0 04 00 02 00 97|UNSUBACK 2 [151]",
                "50 04 00 03 87 00|PUBREC 3 135",
                "E0 00|disconnected 0",
            })
    void packet_legal_isTaken(String hex, String expected) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String part : hex.split(" ")) {
            bytes.write(Integer.parseInt(part, 16));
        }
        assertThatExceptionOfType(EOFException.class).isThrownBy(() -> run(new Pieces(bytes.toByteArray(), 1), 1000));
        assertThat(seen).contains(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "20 02 00 00|connack 0",
                "20 02 01 00|connack 0",
                "20 02 00 05|connack 135",
                "90 05 00 01 00 02 80|SUBACK 1 [0, 2, 128]",
                "B0 02 00 02|UNSUBACK 2 []",
                "50 02 00 03|PUBREC 3 0",
                "62 02 00 07|release 7",
                "30 03 00 01 61|publish 0 0",
                "32 07 00 01 61 00 09 00 78|publish 9 2",
            })
    void packet_legalInMqtt311_isTaken(String hex, String expected) throws IOException {
        version = ProtocolVersion.V3_1_1;
        packet_legal_isTaken(hex, expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "20 03 00 00 00|81",
                "20 02 01 05|82",
                "20 02 00 06|81",
                "90 03 00 01 03|82",
                "90 03 00 01 81|82",
                "90 03 00 00 00|82",
                "90 02 00 01|81",
                "B0 03 00 01 00|81",
                "40 03 00 01 00|81",
                "50 04 00 01 00 00|81",
                "62 03 00 01 92|81",
                "70 02 00 00|82",
                "30 02 00 00|82",
                "30 03 00 05 61|81",
                "32 04 00 01 61 00|81",
                "32 05 00 01 61 00 00|81",
            })
    void packet_malformedInMqtt311_isRefusedWithItsCode(String hex, String code) {
        version = ProtocolVersion.V3_1_1;
        assertThat(Integer.toHexString(malformed(hex).reasonCode())).isEqualTo(code);
    }

    @Test
    void garbage_inMqtt311_isTakenOrRefused() {
        version = ProtocolVersion.V3_1_1;
        garbage_isTakenOrRefused();
    }

    /** Whatever arrives, it is either taken or refused: nothing else is thrown, and the reader does not hang. */
    @Test
    void garbage_isTakenOrRefused() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 50_000; i++) {
            byte[] garbage = new byte[random.nextInt(40)];
            for (int at = 0; at < garbage.length; at++) {
                garbage[at] = (byte) random.nextInt(random.nextBoolean() ? 256 : 8);
            }
            if (garbage.length > 1) {
                garbage[0] = (byte) (random.nextInt(16) << 4);
                garbage[1] = (byte) random.nextInt(40);
            }
            seen.clear();
            assertThatExceptionOfType(IOException.class)
                    .as(() -> new String(garbage, StandardCharsets.ISO_8859_1))
                    .isThrownBy(() -> run(new Pieces(garbage, 3), 1000));
        }
    }
}
