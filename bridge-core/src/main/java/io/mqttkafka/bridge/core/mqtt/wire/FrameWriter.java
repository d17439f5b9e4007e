package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.IOException;
import java.io.OutputStream;

/** Writes whole packets to one connection, so that none gets into another. Thread-safe. */
public final class FrameWriter {
    /** After so many bytes a write that goes on counts as a sign of life. */
    private static final int PIECE = 64 * 1024;

    private final OutputStream out;
    private final Object writing = new Object();

    /** Whether nothing may follow: the last packet was written, or one is torn. Guarded by the lock. */
    private boolean over;

    private volatile long lastWrittenNanos = System.nanoTime();

    /**
     * Makes a writer.
     *
     * @param out where the bytes go
     */
    public FrameWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * Writes packets that are whole.
     *
     * @param packets the bytes; not kept
     * @param length how many of them
     * @throws IOException if the connection is gone
     */
    public void write(byte[] packets, int length) throws IOException {
        synchronized (writing) {
            if (over) {
                throw new IOException("the connection is over");
            }
            // A packet that is torn must be the last, or the next would be read as its end.
            over = true;
            for (int at = 0; at < length; at += PIECE) {
                out.write(packets, at, Math.min(PIECE, length - at));
                lastWrittenNanos = System.nanoTime();
            }
            out.flush();
            over = false;
        }
    }

    /**
     * Writes a packet that nothing may follow.
     *
     * @param packet the packet
     * @throws IOException if the connection is gone
     */
    public void writeLast(byte[] packet) throws IOException {
        synchronized (writing) {
            write(packet, packet.length);
            over = true;
        }
    }

    /** Returns when bytes were last written, by {@link System#nanoTime()}. */
    public long lastWrittenNanos() {
        return lastWrittenNanos;
    }
}
