package io.mqttkafka.bridge.testkit.packet;

import java.util.Arrays;
import java.util.function.Consumer;

/** Cuts a stream of bytes, in whatever pieces it comes, into MQTT packets. Not thread-safe. */
final class FrameSplitter {

    private static final int FIRST_CAPACITY = 1_024;
    private static final int LENGTH_MAX_BYTES = 4;
    private static final int INCOMPLETE = -1;

    private byte[] pending = new byte[FIRST_CAPACITY];
    private int length;

    /**
     * Adds bytes and hands over each packet they complete.
     *
     * @throws IllegalArgumentException if this cannot be MQTT
     */
    void feed(byte[] buffer, int offset, int count, Consumer<MqttPacket> packets) {
        append(buffer, offset, count);
        int start = 0;
        for (int size = frameSize(start); size != INCOMPLETE; size = frameSize(start)) {
            packets.accept(MqttPacket.of(Arrays.copyOfRange(pending, start, start + size)));
            start += size;
        }
        System.arraycopy(pending, start, pending, 0, length - start);
        length -= start;
    }

    private void append(byte[] buffer, int offset, int count) {
        if (length + count > pending.length) {
            pending = Arrays.copyOf(pending, Math.max(2 * pending.length, length + count));
        }
        System.arraycopy(buffer, offset, pending, length, count);
        length += count;
    }

    private int frameSize(int start) {
        int body = 0;
        for (int i = 0; i < LENGTH_MAX_BYTES; i++) {
            int at = start + 1 + i;
            if (at >= length) {
                return INCOMPLETE;
            }
            body |= (pending[at] & 0x7F) << (7 * i);
            if (pending[at] >= 0) {
                int size = at + 1 - start + body;
                return start + size <= length ? size : INCOMPLETE;
            }
        }
        throw new IllegalArgumentException("The length of a packet has more than four bytes");
    }
}
