package io.mqttkafka.bridge.core.mqtt.wire;

import org.jspecify.annotations.Nullable;

/**
 * A PUBLISH packet that is ready to leave but for its packet id, its DUP flag and the seconds until it expires, which are put
 * in whenever it is sent. It can leave by either version of MQTT: for 3.1.1 its properties are left out.
 *
 * <p>Immutable.
 */
public final class EncodedPublish {
    private static final int PUBLISH = 0x30;
    private static final int DUPLICATE = 8;
    private static final int LONGEST_REMAINING = 268_435_455;

    private final byte[] packet;
    private final int packetIdAt;
    private final int expiryAt;

    /** Where topic, properties (with their length) and payload begin. */
    private final int bodyAt;

    private final int propertiesAt;
    private final int payloadAt;

    private EncodedPublish(byte[] packet, int bodyAt, int packetIdAt, int propertiesAt, int expiryAt, int payloadAt) {
        this.packet = packet;
        this.bodyAt = bodyAt;
        this.packetIdAt = packetIdAt;
        this.propertiesAt = propertiesAt;
        this.expiryAt = expiryAt;
        this.payloadAt = payloadAt;
    }

    /**
     * Encodes a message.
     *
     * @param topic the topic, checked UTF-8
     * @param qos the QoS, 0 to 2
     * @param retain whether it is retained
     * @param properties its properties, or null if it has none
     * @param payload its payload
     * @return the packet
     * @throws IllegalArgumentException if it is larger than any MQTT packet can be
     */
    public static EncodedPublish of(
            byte[] topic, int qos, boolean retain, @Nullable PropertyWriter properties, byte[] payload) {
        int propertiesLength = properties == null ? 0 : properties.length();
        long remaining = 2L
                + topic.length
                + (qos > 0 ? 2 : 0)
                + variableSize(propertiesLength)
                + propertiesLength
                + payload.length;
        if (remaining > LONGEST_REMAINING) {
            throw new IllegalArgumentException(
                    "a message of " + payload.length + " bytes is larger than MQTT packets can be");
        }
        byte[] packet = new byte[1 + variableSize((int) remaining) + (int) remaining];
        packet[0] = (byte) (PUBLISH | qos << 1 | (retain ? 1 : 0));
        int bodyAt = variable(packet, 1, (int) remaining);
        int at = bodyAt;
        packet[at++] = (byte) (topic.length >> 8);
        packet[at++] = (byte) topic.length;
        System.arraycopy(topic, 0, packet, at, topic.length);
        at += topic.length;
        int packetIdAt = -1;
        if (qos > 0) {
            packetIdAt = at;
            at += 2;
        }
        int propertiesAt = at;
        at = variable(packet, at, propertiesLength);
        int expiryAt = -1;
        if (properties != null) {
            System.arraycopy(properties.bytes(), 0, packet, at, propertiesLength);
            expiryAt = properties.expiryAt() < 0 ? -1 : at + properties.expiryAt();
            at += propertiesLength;
        }
        System.arraycopy(payload, 0, packet, at, payload.length);
        return new EncodedPublish(packet, bodyAt, packetIdAt, propertiesAt, expiryAt, at);
    }

    private static int variableSize(int value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
    }

    private static int variable(byte[] target, int from, int value) {
        int at = from;
        int rest = value;
        while (rest >= 0x80) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return at;
    }

    /** Returns the size of the whole packet in bytes, as MQTT 5 has it; that of 3.1.1 is smaller. */
    public int size() {
        return packet.length;
    }

    /**
     * Writes the packet as a version of MQTT has it.
     *
     * @param version the version
     * @param target the array
     * @param at where it begins; there must be room for {@link #size}
     * @param packetId its packet id; no matter for QoS 0
     * @param duplicate its DUP flag
     * @param expirySeconds the seconds until it expires; no matter for a packet without
     * @return where it ends
     */
    public int copyTo(
            ProtocolVersion version, byte[] target, int at, int packetId, boolean duplicate, long expirySeconds) {
        if (version.hasProperties()) {
            copyTo(target, at, packetId, duplicate, expirySeconds);
            return at + packet.length;
        }
        int payload = packet.length - payloadAt;
        target[at] = (byte) (packet[0] | (duplicate ? DUPLICATE : 0));
        int body = variable(target, at + 1, propertiesAt - bodyAt + payload);
        int end = body + propertiesAt - bodyAt;
        System.arraycopy(packet, bodyAt, target, body, propertiesAt - bodyAt);
        if (packetIdAt >= 0) {
            target[end - 2] = (byte) (packetId >> 8);
            target[end - 1] = (byte) packetId;
        }
        System.arraycopy(packet, payloadAt, target, end, payload);
        return end + payload;
    }

    /**
     * Writes the packet as MQTT 5 has it.
     *
     * @param target the array
     * @param at where it begins
     * @param packetId its packet id; no matter for QoS 0
     * @param duplicate its DUP flag
     * @param expirySeconds the seconds until it expires; no matter for a packet without
     */
    public void copyTo(byte[] target, int at, int packetId, boolean duplicate, long expirySeconds) {
        System.arraycopy(packet, 0, target, at, packet.length);
        if (duplicate) {
            target[at] |= DUPLICATE;
        }
        if (packetIdAt >= 0) {
            target[at + packetIdAt] = (byte) (packetId >> 8);
            target[at + packetIdAt + 1] = (byte) packetId;
        }
        if (expiryAt >= 0) {
            for (int i = 0; i < 4; i++) {
                target[at + expiryAt + i] = (byte) (expirySeconds >> (24 - 8 * i));
            }
        }
    }

    /** Shows the size, no contents. */
    @Override
    public String toString() {
        return "PUBLISH[" + packet.length + " bytes]";
    }
}
