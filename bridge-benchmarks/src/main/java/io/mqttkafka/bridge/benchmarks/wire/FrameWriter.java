package io.mqttkafka.bridge.benchmarks.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Collects MQTT frames in one growing buffer, so that many of them leave in one write. Not thread-safe. */
public final class FrameWriter {
    private static final int INITIAL_CAPACITY = 64 * 1024;

    private byte[] buffer = new byte[INITIAL_CAPACITY];
    private int size;

    /** Starts a frame whose remaining length is already known. */
    public FrameWriter header(int packetType, int flags, int remainingLength) {
        return oneByte((packetType << 4) | flags).variableInt(remainingLength);
    }

    /** An acknowledgement in its short form: success, no properties. */
    public FrameWriter acknowledgement(int packetType, int packetId) {
        // The specification fixes the flags of PUBREL to 0010.
        return header(packetType, packetType == PacketType.PUBREL ? 0b0010 : 0, 2)
                .twoBytes(packetId);
    }

    /** A PUBLISH without properties; {@code packetId} is left out at QoS 0. */
    public FrameWriter publish(int qos, int packetId, byte[] topic, byte[] payload) {
        int emptyProperties = 1;
        int packetIdLength = qos > 0 ? 2 : 0;
        header(PacketType.PUBLISH, qos << 1, 2 + topic.length + packetIdLength + emptyProperties + payload.length);
        twoBytes(topic.length).bytes(topic);
        if (qos > 0) {
            twoBytes(packetId);
        }
        return oneByte(0).bytes(payload);
    }

    public FrameWriter oneByte(int value) {
        ensureRoom(1);
        buffer[size++] = (byte) value;
        return this;
    }

    public FrameWriter twoBytes(int value) {
        return oneByte(value >>> 8).oneByte(value);
    }

    public FrameWriter fourBytes(int value) {
        return twoBytes(value >>> 16).twoBytes(value);
    }

    public FrameWriter string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return twoBytes(utf8.length).bytes(utf8);
    }

    public FrameWriter bytes(byte[] value) {
        ensureRoom(value.length);
        System.arraycopy(value, 0, buffer, size, value.length);
        size += value.length;
        return this;
    }

    public int size() {
        return size;
    }

    /** Writes everything collected, if anything, in one call and starts anew. */
    public void flushTo(OutputStream out) throws IOException {
        if (size > 0) {
            out.write(buffer, 0, size);
            size = 0;
        }
    }

    private FrameWriter variableInt(int value) {
        int rest = value;
        while (rest >= 0x80) {
            oneByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return oneByte(rest);
    }

    private void ensureRoom(int length) {
        if (buffer.length - size < length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + length));
        }
    }
}
