package io.mqttkafka.bridge.benchmarks.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts MQTT frames out of a stream with few, large reads, and looks at them in place. The accessors speak about the
 * frame that the last {@link #next()} found. Not thread-safe.
 */
public final class FrameReader {
    private static final int INITIAL_CAPACITY = 256 * 1024;

    private final InputStream in;
    private byte[] buffer = new byte[INITIAL_CAPACITY];
    private int start;
    private int end;

    private int firstByte;
    private int position;
    private int frameEnd;

    public FrameReader(InputStream in) {
        this.in = in;
    }

    /** Moves to the next frame and waits for it if need be. */
    public void next() throws IOException {
        while (!nextBuffered()) {
            fill();
        }
    }

    /** Moves to the next frame if it is here in full; never blocks. */
    public boolean nextBuffered() {
        int cursor = start + 1;
        int remainingLength = 0;
        for (int shift = 0; ; shift += 7) {
            if (cursor >= end) {
                return false;
            }
            byte digit = buffer[cursor++];
            remainingLength |= (digit & 0x7f) << shift;
            if (digit >= 0) {
                break;
            }
        }
        if (end - cursor < remainingLength) {
            return false;
        }
        firstByte = buffer[start];
        position = cursor;
        frameEnd = cursor + remainingLength;
        start = frameEnd;
        return true;
    }

    /** Blocks for one read and takes as much as the socket has and the buffer holds. */
    public void fill() throws IOException {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            start = 0;
        }
        if (end == buffer.length) {
            buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        int read = in.read(buffer, end, buffer.length - end);
        if (read < 0) {
            throw new EOFException("The MQTT broker closed the connection");
        }
        end += read;
    }

    public int packetType() {
        return (firstByte & 0xff) >>> 4;
    }

    public int qos() {
        return firstByte >> 1 & 0b11;
    }

    public int oneByte() {
        return buffer[position++] & 0xff;
    }

    public int twoBytes() {
        return oneByte() << 8 | oneByte();
    }

    /** Copies {@code length} bytes out of the frame. */
    public byte[] bytes(int length) {
        byte[] copy = Arrays.copyOfRange(buffer, position, position + length);
        position += length;
        return copy;
    }

    public void skipProperties() {
        int length = 0;
        int digit;
        int shift = 0;
        do {
            digit = oneByte();
            length |= (digit & 0x7f) << shift;
            shift += 7;
        } while (digit >= 0x80);
        position += length;
    }

    /** Copies what is left of the frame. */
    public byte[] rest() {
        return bytes(frameEnd - position);
    }
}
