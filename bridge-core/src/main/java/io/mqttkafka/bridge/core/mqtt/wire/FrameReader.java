package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the packets of one connection and hands them to a {@link FrameHandler}.
 *
 * <p>It owns the read buffer and reads as much as there is, so that one system call serves many packets. The buffer grows with
 * what has arrived, not with what a packet announces. For one reading thread; the times are for all.
 */
public final class FrameReader {
    private static final int INITIAL_SIZE = 64 * 1024;
    private static final int LONGEST_HEADER = 5;

    /** The largest packet before the broker has accepted us. */
    private static final int LARGEST_ANSWER = 64 * 1024;

    private final ProtocolVersion version;
    private final InputStream in;
    private final FrameHandler handler;
    private final int maximumPacketSize;
    private final PublishFrame frame = new PublishFrame();
    private byte[] buffer = new byte[INITIAL_SIZE];

    /** What has been read and not yet handled: from {@code at} to {@code limit}. */
    private int at;

    private int limit;

    /** Whether the packet at {@code at} has been announced to the handler. */
    private boolean announced;

    /** Whether messages, or answers to ours, have come with what was read last. */
    private boolean data;

    private int largest;
    private volatile long lastReadNanos = System.nanoTime();
    private volatile long lastReceivedNanos = lastReadNanos;
    private volatile long lastDataNanos = lastReadNanos;
    private volatile boolean waiting;

    /**
     * Makes a reader for MQTT 5.
     *
     * @param in where the bytes come from
     * @param handler takes the packets
     * @param maximumPacketSize the largest packet to accept, in bytes
     */
    public FrameReader(InputStream in, FrameHandler handler, int maximumPacketSize) {
        this(ProtocolVersion.V5, in, handler, maximumPacketSize);
    }

    /**
     * Makes a reader.
     *
     * @param version the version of MQTT that CONNECT asks for
     * @param in where the bytes come from
     * @param handler takes the packets
     * @param maximumPacketSize the largest packet to accept, in bytes
     */
    public FrameReader(ProtocolVersion version, InputStream in, FrameHandler handler, int maximumPacketSize) {
        this.version = version;
        this.in = in;
        this.handler = handler;
        this.maximumPacketSize = maximumPacketSize;
        largest = Math.min(LARGEST_ANSWER, maximumPacketSize);
    }

    /** Returns when the stream was last read, or found to have nothing to read, by {@link System#nanoTime()}. */
    public long lastReadNanos() {
        return waiting ? System.nanoTime() : lastReadNanos;
    }

    /** Returns when bytes last came out of the stream, by {@link System#nanoTime()}. */
    public long lastReceivedNanos() {
        return lastReceivedNanos;
    }

    /** Returns when a message, a part of one, or an answer to one of ours last came, by {@link System#nanoTime()}. */
    public long lastDataNanos() {
        return lastDataNanos;
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

    /**
     * Reads until the end.
     *
     * @throws EOFException if the broker has taken leave, or closed the connection
     * @throws MalformedPacketException if it sends what it may not
     * @throws IOException if the connection breaks
     */
    public void run() throws IOException {
        while (true) {
            while (handleNext()) {
                // There may be more.
            }
            fill();
        }
    }

    /** Handles the next packet; false if it is not complete yet. */
    private boolean handleNext() throws IOException {
        int have = limit - at;
        if (have < 2) {
            if (have == 1) {
                handler.beginning(buffer[at]);
            }
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
        int firstByte = buffer[at];
        int total = header + remaining;
        if (!announced) {
            handler.arriving(firstByte, remaining);
            requireRoom(firstByte, total);
            announced = true;
        }
        if (have < total) {
            return false;
        }
        announced = false;
        int from = at + header;
        // Before it is handled: a handler that throws ends the connection.
        at += total;
        handle(firstByte, from, at);
        return true;
    }

    private void requireRoom(int firstByte, int total) throws MalformedPacketException {
        if (total > largest) {
            throw new MalformedPacketException(
                    MalformedPacketException.PACKET_TOO_LARGE,
                    largest == maximumPacketSize
                            ? "a packet of " + total + " bytes is larger than mqtt.maximumPacketSize "
                                    + maximumPacketSize
                                    + (version.hasProperties()
                                            ? ", which the MQTT broker was told"
                                            : "; MQTT 3.1.1 cannot tell the MQTT broker, so raise it, or lower the limit of the"
                                                    + " MQTT broker")
                            : PacketType.name(PacketType.of(firstByte)) + " of " + total + " bytes is larger than "
                                    + largest
                                    + " bytes, the most that is read before the MQTT broker has accepted the connection");
        }
    }

    private void handle(int firstByte, int from, int end) throws IOException {
        int type = PacketType.of(firstByte);
        switch (type) {
            case PacketType.PUBLISH -> {
                data = true;
                frame.wrap(version, buffer, firstByte, from, end);
                handler.publish(frame);
            }
            case PacketType.PUBREL -> {
                data = true;
                int packetId = packetId(type, from, end);
                handler.release(packetId);
            }
            case PacketType.PUBACK, PacketType.PUBREC, PacketType.PUBCOMP -> {
                data = true;
                int packetId = packetId(type, from, end);
                handler.answered(type, packetId, end - from > 2 ? buffer[from + 2] & 0xFF : 0);
            }
            case PacketType.CONNACK -> {
                ConnAck connAck = ConnAck.read(version, buffer, from, end - from);
                if (connAck.accepted()) {
                    largest = maximumPacketSize;
                }
                handler.connAck(connAck);
            }
            case PacketType.SUBACK, PacketType.UNSUBACK ->
                handler.answered(RequestAnswer.read(version, type, buffer, from, end));
            case PacketType.PINGRESP -> handler.pingAnswered();
            case PacketType.DISCONNECT -> {
                handler.disconnected(Disconnect.read(buffer, from, end));
                throw new EOFException("the MQTT broker disconnected");
            }
            default ->
                // The handler refuses the others when they begin to arrive.
                throw new MalformedPacketException(
                        MalformedPacketException.PROTOCOL_ERROR, PacketType.name(type) + " came from the MQTT broker");
        }
    }

    private int packetId(int type, int from, int end) throws MalformedPacketException {
        if (end - from < 2) {
            throw new MalformedPacketException(PacketType.name(type) + " has no packet id");
        }
        int packetId = Bytes.uint16(buffer, from);
        if (packetId == 0) {
            throw new MalformedPacketException(
                    MalformedPacketException.PROTOCOL_ERROR, PacketType.name(type) + " with packet id 0");
        }
        if (!version.hasProperties() && end - from > 2) {
            throw new MalformedPacketException(
                    PacketType.name(type) + " of MQTT 3.1.1 has " + (end - from) + " bytes instead of 2");
        }
        if (end - from > 3 && AnswerProperties.skip(PacketType.name(type), buffer, from + 3, end) != end) {
            throw new MalformedPacketException(PacketType.name(type) + " is longer than its properties");
        }
        return packetId;
    }

    private void fill() throws IOException {
        if (data || (announced && PacketType.of(buffer[at]) == PacketType.PUBLISH)) {
            lastDataNanos = lastReceivedNanos;
            data = false;
        }
        if (at == limit) {
            at = 0;
            limit = 0;
        } else if (limit == buffer.length) {
            if (at > 0) {
                System.arraycopy(buffer, at, buffer, 0, limit - at);
                limit -= at;
                at = 0;
            } else {
                // One packet fills it: no more than twice of what has arrived.
                buffer = Arrays.copyOf(buffer, (int) Math.min(buffer.length * 2L, maximumPacketSize));
            }
        }
        try {
            waiting = true;
            int count = in.read(buffer, limit, buffer.length - limit);
            if (count < 0) {
                throw new EOFException("the MQTT broker closed the connection");
            }
            limit += count;
            lastReceivedNanos = System.nanoTime();
        } finally {
            lastReadNanos = System.nanoTime();
            waiting = false;
        }
    }
}
