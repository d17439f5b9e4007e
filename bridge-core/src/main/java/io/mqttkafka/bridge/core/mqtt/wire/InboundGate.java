package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;

/**
 * The stream that an MQTT client reads instead of the socket's. PUBLISH, PUBREL, DISCONNECT and the answers to our own
 * messages go to the {@link FrameHandler} and never reach the client; every other packet passes whole and in order.
 * DISCONNECT ends the stream.
 *
 * <p>It owns the read buffer and reads as much as there is, so that one system call serves many packets. The client sees a
 * timeout only between packets, where it does no harm. For one reading thread.
 */
public final class InboundGate extends InputStream {
    /** The type of PUBACK. */
    public static final int PUBACK = 4;

    /** The type of PUBREC. */
    public static final int PUBREC = 5;

    /** The type of PUBCOMP. */
    public static final int PUBCOMP = 7;

    private static final int INITIAL_SIZE = 64 * 1024;
    private static final int LONGEST_HEADER = 5;
    private static final int CONNACK = 2;
    private static final int PUBLISH = 3;
    private static final int PUBREL = 6;
    private static final int SUBACK = 9;
    private static final int UNSUBACK = 11;
    private static final int PINGRESP = 13;
    private static final int DISCONNECT = 14;

    /** What a server may send; AUTH is for those who were offered enhanced authentication. */
    private static final int FROM_SERVER = 1 << CONNACK
            | 1 << PUBLISH
            | 1 << PUBACK
            | 1 << PUBREC
            | 1 << PUBREL
            | 1 << PUBCOMP
            | 1 << SUBACK
            | 1 << UNSUBACK
            | 1 << PINGRESP
            | 1 << DISCONNECT;

    private final InputStream in;
    private final FrameHandler handler;
    private final int maximumPacketSize;
    private final int keepAliveSeconds;
    private final PublishFrame frame = new PublishFrame();
    private byte[] buffer = new byte[INITIAL_SIZE];

    /** What has been read and not yet handled: from {@code at} to {@code limit}. */
    private int at;

    private int limit;

    /** Where the packet ends that the client is reading; not beyond {@code at} if there is none. */
    private int passUntil;

    private boolean answered;
    private boolean accepted;
    private volatile long lastReadNanos = System.nanoTime();
    private volatile long lastReceivedNanos = lastReadNanos;
    private volatile boolean waiting;

    /**
     * Makes the gate.
     *
     * @param in the socket's stream
     * @param handler takes the packets that do not pass
     * @param maximumPacketSize the largest packet to accept, in bytes
     * @param keepAliveSeconds the keep-alive that was asked for
     */
    public InboundGate(InputStream in, FrameHandler handler, int maximumPacketSize, int keepAliveSeconds) {
        this.in = in;
        this.handler = handler;
        this.maximumPacketSize = maximumPacketSize;
        this.keepAliveSeconds = keepAliveSeconds;
    }

    /** Returns when the stream was last read, or found to have nothing to read, by {@link System#nanoTime()}. */
    public long lastReadNanos() {
        return lastReadNanos;
    }

    /** Returns when bytes last came out of the stream, by {@link System#nanoTime()}. */
    public long lastReceivedNanos() {
        return lastReceivedNanos;
    }

    /**
     * Says whether the reader has been held up by what it has read, rather than waiting for the broker. Between two reads it does
     * neither for a moment.
     *
     * @param least how long at least, in nanoseconds
     * @return whether it has
     */
    public boolean heldUpFor(long least) {
        return !waiting && System.nanoTime() - lastReadNanos > least;
    }

    @Override
    public int read() throws IOException {
        awaitPassing();
        return buffer[at++] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        awaitPassing();
        int count = Math.min(length, passUntil - at);
        System.arraycopy(buffer, at, target, offset, count);
        at += count;
        return count;
    }

    @Override
    public int available() {
        return Math.max(0, passUntil - at);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Handles packets until there is one for the client. */
    private void awaitPassing() throws IOException {
        if (at < passUntil) {
            return;
        }
        try {
            while (at >= passUntil) {
                if (!handleNext()) {
                    fill();
                }
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            handler.broken(e);
            throw e;
        } catch (RuntimeException | Error e) {
            handler.broken(e);
            // Without the cause: Paho logs it, and user code can write a payload into the message of what it throws.
            throw new IOException("the connection was given up: " + e.getClass().getName());
        }
    }

    /** Handles the next packet, or lets it pass; false if it is not complete yet. */
    private boolean handleNext() throws IOException {
        int have = limit - at;
        if (have > 0) {
            // Not when it is complete: nothing of what it announces is waited for, or kept.
            requireLegal(buffer[at] >> 4 & 0xF);
        }
        if (have < 2) {
            return false;
        }
        int remaining = buffer[at + 1];
        int header = 2;
        if (remaining < 0) {
            VariableInt size = VariableInt.read(buffer, at + 1, Math.min(limit, at + LONGEST_HEADER));
            if (size == null) {
                if (have >= LONGEST_HEADER) {
                    throw new MalformedPacketException("a packet has a malformed length");
                }
                return false;
            }
            remaining = size.value();
            header = size.next() - at;
        }
        int total = header + remaining;
        if (total > maximumPacketSize) {
            throw new MalformedPacketException(
                    MalformedPacketException.PACKET_TOO_LARGE,
                    "a packet of " + total + " bytes is larger than mqtt.maximumPacketSize " + maximumPacketSize
                            + ", which the MQTT broker was told");
        }
        if (have < total) {
            if (total > buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.max(total, Math.min(buffer.length * 2, maximumPacketSize)));
            }
            return false;
        }
        handle(buffer[at], at + header, at + total);
        return true;
    }

    private void requireLegal(int type) throws MalformedPacketException {
        if ((1 << type & FROM_SERVER) == 0) {
            throw new MalformedPacketException(
                    MalformedPacketException.PROTOCOL_ERROR, "packet type " + type + ", which no broker sends to us");
        }
        if (!accepted && type != CONNACK && type != DISCONNECT) {
            throw new MalformedPacketException("packet type " + type + " came before CONNACK");
        }
    }

    private void handle(int firstByte, int from, int end) throws IOException {
        int type = firstByte >> 4 & 0xF;
        switch (type) {
            case PUBLISH -> {
                frame.wrap(buffer, firstByte, from, end);
                handler.publish(frame);
                at = end;
                passUntil = at;
            }
            case PUBREL -> {
                if (end - from < 2 || (firstByte & 0xF) != 2) {
                    throw new MalformedPacketException("PUBREL is malformed");
                }
                if (Bytes.uint16(buffer, from) == 0) {
                    throw new MalformedPacketException(
                            MalformedPacketException.PROTOCOL_ERROR, "PUBREL with packet id 0");
                }
                handler.release(Bytes.uint16(buffer, from));
                at = end;
                passUntil = at;
            }
            case PUBACK, PUBREC, PUBCOMP -> {
                if (end - from < 2 || Bytes.uint16(buffer, from) == 0) {
                    throw new MalformedPacketException("packet type " + type + " is malformed");
                }
                handler.answered(type, Bytes.uint16(buffer, from), end - from > 2 ? buffer[from + 2] & 0xFF : 0);
                at = end;
                passUntil = at;
            }
            case CONNACK -> {
                if (answered) {
                    // What is under way would be forgotten with a connection that it does not belong to.
                    throw new MalformedPacketException(
                            MalformedPacketException.PROTOCOL_ERROR, "a second CONNACK came");
                }
                answered = true;
                ConnAck connAck = ConnAck.read(buffer, from, end - from, keepAliveSeconds);
                accepted = connAck.accepted();
                handler.connAck(connAck);
                if (end - from > 2) {
                    AnswerTexts.mend(buffer, from + 2, end);
                }
                passUntil = end;
            }
            case SUBACK, UNSUBACK -> {
                if (end - from < 3) {
                    throw new MalformedPacketException("packet type " + type + " is malformed");
                }
                handler.subscribed(Bytes.uint16(buffer, from), AnswerCodes.take(buffer, from + 2, end, type == SUBACK));
                AnswerTexts.mend(buffer, from + 2, end);
                passUntil = end;
            }
            case DISCONNECT -> {
                handler.disconnected(Disconnect.read(buffer, from, end));
                // Paho's reader dies of texts that it does not like; nothing may follow anyway.
                throw new EOFException("the MQTT broker disconnected");
            }
            default -> {
                if (end > from) {
                    throw new MalformedPacketException("PINGRESP is malformed");
                }
                passUntil = end;
            }
        }
    }

    private void fill() throws IOException {
        if (at == limit) {
            at = 0;
            limit = 0;
            passUntil = 0;
        } else if (limit == buffer.length) {
            System.arraycopy(buffer, at, buffer, 0, limit - at);
            limit -= at;
            at = 0;
            passUntil = 0;
        }
        try {
            waiting = true;
            int count = in.read(buffer, limit, buffer.length - limit);
            if (count < 0) {
                throw new EOFException("the MQTT broker closed the connection");
            }
            limit += count;
            lastReceivedNanos = System.nanoTime();
            handler.received();
        } finally {
            waiting = false;
            lastReadNanos = System.nanoTime();
        }
    }
}
