package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** Puts each write into one binary frame, masked as a client has to. Thread-safe. */
final class WebSocketOutput extends OutputStream {
    private static final int LAST = 0x80;
    private static final int MASKED = 0x80;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PONG = 10;
    private static final int LONGEST_HEADER = 14;

    private final OutputStream out;
    private final SecureRandom random;

    /** The frame that is being made; guarded by this, like what follows. */
    private byte[] frame = new byte[1024];

    private final byte[] mask = new byte[4];
    private boolean closed;

    /** What the last ping that is not answered yet holds: of several, one answer will do. */
    private volatile byte @Nullable [] ping;

    WebSocketOutput(OutputStream out, SecureRandom random) {
        this.out = out;
        this.random = random;
    }

    /** Notes a ping; does not block. */
    void pinged(byte[] payload) {
        ping = payload;
    }

    /** Answers the last ping, if it is not answered yet. */
    synchronized void pong() throws IOException {
        byte[] payload = ping;
        ping = null;
        if (payload != null && !closed) {
            writeFrame(PONG, payload, 0, payload.length);
            out.flush();
        }
    }

    /** Says that nothing more will come. */
    synchronized void sayClosed(int code) throws IOException {
        if (!closed) {
            byte[] payload = {(byte) (code >> 8), (byte) code};
            writeFrame(CLOSE, payload, 0, payload.length);
            out.flush();
            closed = true;
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the WebSocket is closed");
        }
        if (length > 0) {
            writeFrame(BINARY, bytes, offset, length);
        }
    }

    private void writeFrame(int opcode, byte[] bytes, int offset, int length) throws IOException {
        if (frame.length < length + LONGEST_HEADER) {
            frame = new byte[length + LONGEST_HEADER];
        }
        int at = 0;
        frame[at++] = (byte) (LAST | opcode);
        if (length < 126) {
            frame[at++] = (byte) (MASKED | length);
        } else if (length < 0x1_0000) {
            frame[at++] = (byte) (MASKED | 126);
            frame[at++] = (byte) (length >> 8);
            frame[at++] = (byte) length;
        } else {
            frame[at++] = (byte) (MASKED | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame[at++] = (byte) ((long) length >> shift);
            }
        }
        random.nextBytes(mask);
        for (int i = 0; i < 4; i++) {
            frame[at++] = mask[i];
        }
        for (int i = 0; i < length; i++) {
            frame[at + i] = (byte) (bytes[offset + i] ^ mask[i & 3]);
        }
        out.write(frame, 0, at + length);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }
}
