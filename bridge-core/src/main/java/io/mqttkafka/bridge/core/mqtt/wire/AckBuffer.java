package io.mqttkafka.bridge.core.mqtt.wire;

/** Encodes acknowledgements one behind the other, so that many leave in one write. Not thread-safe. */
public final class AckBuffer {
    /** The longest encoded acknowledgement. */
    private static final int LONGEST = 5;

    private static final int PUBACK = 0x40;
    private static final int PUBREC = 0x50;
    private static final int PUBCOMP = 0x70;
    private static final int PACKET_ID_NOT_FOUND = 0x92;

    private final byte[] bytes;
    private int length;

    /**
     * Makes an empty buffer.
     *
     * @param acknowledgements how many it must be able to hold
     */
    public AckBuffer(int acknowledgements) {
        bytes = new byte[acknowledgements * LONGEST];
    }

    /** Adds a PUBACK. */
    public void puback(int packetId) {
        add(PUBACK, packetId);
    }

    /** Adds a PUBREC. */
    public void pubrec(int packetId) {
        add(PUBREC, packetId);
    }

    /** Adds a PUBCOMP; with the reason "packet identifier not found" if the id was not in use. */
    public void pubcomp(int packetId, boolean known) {
        add(PUBCOMP, packetId);
        if (!known) {
            bytes[length - 3] = 3;
            bytes[length++] = (byte) PACKET_ID_NOT_FOUND;
        }
    }

    private void add(int firstByte, int packetId) {
        bytes[length++] = (byte) firstByte;
        bytes[length++] = 2;
        bytes[length++] = (byte) (packetId >> 8);
        bytes[length++] = (byte) packetId;
    }

    /** Returns the bytes; as many of them count as {@link #length} says. */
    public byte[] bytes() {
        return bytes;
    }

    /** Returns how many bytes there are. */
    public int length() {
        return length;
    }

    /** Forgets everything. */
    public void clear() {
        length = 0;
    }
}
