package io.mqttkafka.bridge.core.mqtt.wire;

import java.util.Arrays;

/**
 * Packets that leave in one write, encoded one behind the other as the connection speaks that they were made for. Not
 * thread-safe.
 */
public final class PacketBatch {
    private static final int LONGEST_ANSWER = 5;
    private static final int PUBACK = 0x40;
    private static final int PUBREC = 0x50;
    private static final int PUBREL = 0x62;
    private static final int PUBCOMP = 0x70;
    private static final int PACKET_ID_NOT_FOUND = 0x92;

    private final ProtocolVersion version;
    private byte[] bytes;
    private int length;

    /**
     * Makes an empty batch for MQTT 5.
     *
     * @param size how many bytes it has room for without growing
     */
    public PacketBatch(int size) {
        this(ProtocolVersion.V5, size);
    }

    /**
     * Makes an empty batch.
     *
     * @param version the version of MQTT; 3.1.1 has no room for reasons and properties
     * @param size how many bytes it has room for without growing
     */
    public PacketBatch(ProtocolVersion version, int size) {
        this.version = version;
        bytes = new byte[size];
    }

    /**
     * Adds a PUBLISH.
     *
     * @param packet the message
     * @param packetId its packet id; no matter for QoS 0
     * @param duplicate its DUP flag
     * @param expirySeconds the seconds until it expires; no matter for a message that does not
     */
    public void publish(EncodedPublish packet, int packetId, boolean duplicate, long expirySeconds) {
        room(packet.size());
        length = packet.copyTo(version, bytes, length, packetId, duplicate, expirySeconds);
    }

    /**
     * Adds a PUBACK.
     *
     * @param packetId the id of the message
     */
    public void puback(int packetId) {
        answer(PUBACK, packetId, true);
    }

    /**
     * Adds a PUBREC.
     *
     * @param packetId the id of the message
     */
    public void pubrec(int packetId) {
        answer(PUBREC, packetId, true);
    }

    /**
     * Adds a PUBREL.
     *
     * @param packetId the id of the message
     * @param known whether the id is in use; if not, it says so
     */
    public void pubrel(int packetId, boolean known) {
        answer(PUBREL, packetId, known);
    }

    /**
     * Adds a PUBCOMP.
     *
     * @param packetId the id of the message
     * @param known whether the id is in use; if not, it says so
     */
    public void pubcomp(int packetId, boolean known) {
        answer(PUBCOMP, packetId, known);
    }

    private void answer(int firstByte, int packetId, boolean known) {
        room(LONGEST_ANSWER);
        boolean reason = !known && version.hasProperties();
        bytes[length++] = (byte) firstByte;
        bytes[length++] = (byte) (reason ? 3 : 2);
        bytes[length++] = (byte) (packetId >> 8);
        bytes[length++] = (byte) packetId;
        if (reason) {
            bytes[length++] = (byte) PACKET_ID_NOT_FOUND;
        }
    }

    private void room(int count) {
        if (bytes.length - length < count) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }

    /** Returns the bytes; as many of them count as {@link #length} says. */
    public byte[] bytes() {
        return bytes;
    }

    /** Returns how many bytes there are. */
    public int length() {
        return length;
    }

    /** Returns for how many bytes there is room without growing. */
    public int capacity() {
        return bytes.length;
    }

    /** Forgets everything. */
    public void clear() {
        length = 0;
    }
}
