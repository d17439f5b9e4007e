package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The stream that an MQTT client writes instead of the socket's, and the place where our acknowledgements join it. A
 * client can write a packet in pieces; here it is held until it is whole, so that no acknowledgement gets in between. That
 * the connection is gone is told to others than the client, which would log an error. Thread-safe.
 */
public final class OutboundGate extends OutputStream {
    private final OutputStream out;
    private final Runnable written;
    private final Consumer<IOException> broken;
    private final Object writing = new Object();

    /** What the client has written of a packet that is not whole yet. */
    private byte[] pending = new byte[1024];

    private int length;

    /**
     * Makes the gate.
     *
     * @param out the socket's stream
     * @param written is run after a packet of the client has been written, or could not be
     * @param broken hears before that why a packet of the client could not be written
     */
    public OutboundGate(OutputStream out, Runnable written, Consumer<IOException> broken) {
        this.out = out;
        this.written = written;
        this.broken = broken;
    }

    /**
     * Writes packets that are whole.
     *
     * @param packets the bytes; not kept
     * @param count how many of them
     * @throws IOException if the connection is gone
     */
    public void writePackets(byte[] packets, int count) throws IOException {
        synchronized (writing) {
            out.write(packets, 0, count);
            out.flush();
        }
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
        try {
            if (!writeWhole(bytes, offset, count)) {
                return;
            }
        } catch (IOException e) {
            broken.accept(e);
        }
        written.run();
    }

    private boolean writeWhole(byte[] bytes, int offset, int count) throws IOException {
        synchronized (writing) {
            if (pending.length - length < count) {
                pending = Arrays.copyOf(pending, Math.max(pending.length * 2, length + count));
            }
            System.arraycopy(bytes, offset, pending, length, count);
            length += count;
            int whole = wholePackets();
            if (whole == 0) {
                return false;
            }
            try {
                out.write(pending, 0, whole);
                out.flush();
                return true;
            } finally {
                System.arraycopy(pending, whole, pending, 0, length - whole);
                length -= whole;
                // The packets can hold a password.
                Arrays.fill(pending, length, length + whole, (byte) 0);
            }
        }
    }

    /** Counts the bytes that belong to whole packets. */
    private int wholePackets() {
        int end = 0;
        while (end < length) {
            VariableInt remaining = VariableInt.read(pending, end + 1, length);
            if (remaining == null || remaining.next() + remaining.value() > length) {
                break;
            }
            end = remaining.next() + remaining.value();
        }
        return end;
    }

    /** Does nothing: whole packets are flushed when they are written. */
    @Override
    public void flush() {
        // Paho flushes after each packet.
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
