package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * What is in the binary frames of a WebSocket, one behind the other. Where a frame ends means nothing to MQTT, so frames are
 * passed on as they come and nothing is kept of them; what they announce costs nothing. For one reading thread.
 */
final class WebSocketInput extends InputStream {
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int LONGEST_CONTROL = 125;

    private final InputStream in;
    private final WebSocketOutput answers;
    private final Runnable pinged;
    private final byte[] buffer = new byte[8 * 1024];
    private int at;
    private int limit;

    /** How much is left of the frame that is being read. */
    private long left;

    /** Whether more frames of the same message follow. */
    private boolean fragmented;

    WebSocketInput(InputStream in, WebSocketOutput answers, Runnable pinged) {
        this.in = in;
        this.answers = answers;
        this.pinged = pinged;
    }

    /** Reads a byte of the handshake; -1 at the end. */
    int readRaw() throws IOException {
        return fill() ? buffer[at++] & 0xFF : -1;
    }

    /** Makes sure that there is a byte; false at the end. */
    private boolean fill() throws IOException {
        if (at < limit) {
            return true;
        }
        at = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    private int next() throws IOException {
        int b = readRaw();
        if (b < 0) {
            throw new EOFException("the WebSocket server closed the connection without a close frame");
        }
        return b;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (left == 0) {
            readHeader();
        }
        int most = (int) Math.min(length, left);
        int count;
        if (at == limit && most >= buffer.length) {
            count = in.read(target, offset, most);
        } else {
            count = fill() ? Math.min(most, limit - at) : -1;
            if (count > 0) {
                System.arraycopy(buffer, at, target, offset, count);
                at += count;
            }
        }
        if (count < 0) {
            throw new EOFException("the WebSocket server closed the connection in the middle of a frame");
        }
        left -= count;
        return count;
    }

    private void readHeader() throws IOException {
        int first = next();
        int second = next();
        int opcode = first & 0xF;
        boolean last = (first & 0x80) != 0;
        if ((first & 0x70) != 0) {
            throw broken("a frame with reserved bits came, although no extension was agreed on");
        }
        if ((second & 0x80) != 0) {
            throw broken("a masked frame came from the server");
        }
        long length = length(second & 0x7F);
        if (opcode >= CLOSE) {
            if (!last || length > LONGEST_CONTROL) {
                throw broken("a control frame came in pieces, or with more than " + LONGEST_CONTROL + " bytes");
            }
            control(opcode, (int) length);
            return;
        }
        switch (opcode) {
            case BINARY -> {
                if (fragmented) {
                    throw broken("a new message came before the last one was whole");
                }
            }
            case CONTINUATION -> {
                if (!fragmented) {
                    throw broken("a frame continues a message that has not begun");
                }
            }
            case TEXT -> throw broken("a text frame came, which cannot hold MQTT");
            default -> throw broken("a frame with the reserved opcode " + opcode + " came");
        }
        fragmented = !last;
        left = length;
    }

    private long length(int announced) throws IOException {
        if (announced < 126) {
            return announced;
        }
        int bytes = announced == 126 ? 2 : 8;
        long length = 0;
        for (int i = 0; i < bytes; i++) {
            length = length << 8 | next();
        }
        if (length < 0 || length < (bytes == 2 ? 126 : 0x1_0000)) {
            throw broken("a frame has a length that is negative, or longer written than needed");
        }
        return length;
    }

    private void control(int opcode, int length) throws IOException {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++) {
            payload[i] = (byte) next();
        }
        switch (opcode) {
            case PING -> {
                answers.pinged(payload);
                pinged.run();
            }
            case PONG -> {
                // Nothing was asked for; RFC 6455 allows it.
            }
            case CLOSE -> {
                if (length == 1) {
                    throw broken("a close frame has half a code");
                }
                int code = length < 2 ? 0 : (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF);
                throw new EOFException(
                        "the WebSocket server closed the connection" + (code == 0 ? "" : " (code " + code + ")"));
            }
            default -> throw broken("a frame with the reserved opcode " + opcode + " came");
        }
    }

    private static MalformedPacketException broken(String message) {
        return new MalformedPacketException(MalformedPacketException.PROTOCOL_ERROR, "WebSocket: " + message);
    }
}
