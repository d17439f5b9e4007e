package io.mqttkafka.bridge.core.mqtt.wire;

import io.mqttkafka.bridge.message.MqttProperties;
import io.mqttkafka.bridge.message.UserProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A PUBLISH packet in the read buffer: says where its parts are and copies them out on demand. One is reused for all
 * packets of a connection, so it is valid only while its packet is handled.
 */
public final class PublishFrame {
    private static final int[] NO_IDS = {};

    /** More than any broker has reason to name: one for each subscription of ours that the message matches. */
    private static final int MOST_SUBSCRIPTION_IDS = 1024;

    private byte[] bytes = {};
    private int length;
    private int flags;
    private int topicAt;
    private int topicLength;
    private int packetId;
    private int propertiesAt;
    private int propertiesLength;
    private int payloadAt;
    private int payloadLength;
    private int userProperties;
    private long userPropertyBytes;

    /**
     * Points at a packet.
     *
     * @param version the version of MQTT, which says whether there are properties
     * @param buffer the array
     * @param firstByte the first byte of the packet: type and flags
     * @param from where the variable header begins
     * @param end where the packet ends
     * @throws MalformedPacketException if it is not a PUBLISH of that version with a topic
     */
    void wrap(ProtocolVersion version, byte[] buffer, int firstByte, int from, int end)
            throws MalformedPacketException {
        bytes = buffer;
        length = end - from;
        flags = firstByte;
        int qos = firstByte >> 1 & 3;
        if (qos == 3) {
            throw new MalformedPacketException("PUBLISH with QoS 3");
        }
        int at = from;
        if (end - at < 2) {
            throw new MalformedPacketException("PUBLISH is too short");
        }
        topicLength = Bytes.uint16(buffer, at);
        topicAt = at + 2;
        at = topicAt + topicLength;
        if (topicLength == 0) {
            throw new MalformedPacketException(
                    MalformedPacketException.PROTOCOL_ERROR,
                    "PUBLISH without a topic, although no topic alias was allowed");
        }
        if (at > end) {
            throw new MalformedPacketException("PUBLISH with a topic longer than itself");
        }
        if (qos > 0) {
            if (end - at < 2) {
                throw new MalformedPacketException("PUBLISH is too short");
            }
            packetId = Bytes.uint16(buffer, at);
            at += 2;
            if (packetId == 0) {
                throw new MalformedPacketException("PUBLISH with packet id 0");
            }
        } else {
            packetId = 0;
        }
        propertiesAt = at;
        propertiesLength = 0;
        if (version.hasProperties()) {
            at = wrapProperties(buffer, at, end);
        }
        payloadAt = at;
        payloadLength = end - at;
        if (payloadLength < 0) {
            throw new MalformedPacketException("PUBLISH with properties longer than itself");
        }
    }

    /** Returns where they end. */
    private int wrapProperties(byte[] buffer, int from, int end) throws MalformedPacketException {
        int at = from;
        if (at >= end) {
            throw new MalformedPacketException("PUBLISH is too short");
        }
        int length = buffer[at++];
        if (length < 0) {
            VariableInt size = VariableInt.read(buffer, at - 1, end);
            if (size == null) {
                throw new MalformedPacketException("PUBLISH with a malformed property length");
            }
            length = size.value();
            at = size.next();
        }
        propertiesAt = at;
        propertiesLength = length;
        return at + length;
    }

    /** Returns the QoS, 0 to 2. */
    public int qos() {
        return flags >> 1 & 3;
    }

    /** Returns the DUP flag. */
    public boolean duplicate() {
        return (flags & 8) != 0;
    }

    /** Returns the RETAIN flag. */
    public boolean retained() {
        return (flags & 1) != 0;
    }

    /** Returns the packet id; 0 for QoS 0. */
    public int packetId() {
        return packetId;
    }

    /** Returns the number of bytes of topic, properties and payload, as they are on the wire. */
    public int length() {
        return length;
    }

    /** Copies the payload out. */
    public byte[] payload() {
        return Arrays.copyOfRange(bytes, payloadAt, payloadAt + payloadLength);
    }

    /** Hashes the topic. */
    public long topicHash() {
        return Bytes.hash(bytes, topicAt, topicLength, 0);
    }

    /** Hashes topic and payload: what tells one message from another under the same packet id. */
    public long fingerprint(long topicHash) {
        return Bytes.hash(bytes, payloadAt, payloadLength, topicHash);
    }

    /** Says whether the topic has these bytes. */
    public boolean topicEquals(byte[] other) {
        return Arrays.equals(bytes, topicAt, topicAt + topicLength, other, 0, other.length);
    }

    /** Copies the bytes of the topic out. */
    public byte[] topicBytes() {
        return Arrays.copyOfRange(bytes, topicAt, topicAt + topicLength);
    }

    /**
     * Reads the topic.
     *
     * @return the topic
     * @throws MalformedPacketException if it is not UTF-8, or holds a wildcard
     */
    public String topic() throws MalformedPacketException {
        for (int at = topicAt; at < topicAt + topicLength; at++) {
            if (bytes[at] == '+' || bytes[at] == '#') {
                throw new MalformedPacketException("the topic holds a wildcard");
            }
        }
        return Bytes.utf8(bytes, topicAt, topicLength);
    }

    /**
     * Reads the properties that belong to the message, and of its user properties the first ones, up to a limit: {@link
     * #userProperties} and {@link #userPropertyBytes} say how many there are.
     *
     * @param limit how many user properties to take
     * @return the properties; {@link MqttProperties#NONE} if there are none
     * @throws MalformedPacketException if they are not legal
     */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    public MqttProperties properties(UserPropertyLimit limit) throws MalformedPacketException {
        userProperties = 0;
        userPropertyBytes = 0;
        if (propertiesLength == 0) {
            return MqttProperties.NONE;
        }
        Boolean payloadIsUtf8 = null;
        Long expiry = null;
        String contentType = null;
        String responseTopic = null;
        byte[] correlationData = null;
        List<UserProperty> taken = null;
        boolean any = false;
        int seen = 0;
        PropertyReader reader = new PropertyReader(bytes, propertiesAt, propertiesLength);
        for (int id = reader.next(); id >= 0; id = reader.next()) {
            any |= id != PropertyReader.SUBSCRIPTION_ID;
            seen = requireOnce(id, seen);
            switch (id) {
                case PropertyReader.PAYLOAD_FORMAT -> {
                    if (reader.number > 1) {
                        throw protocolError(
                                "PUBLISH with the payload format " + reader.number + ", which is neither 0 nor 1");
                    }
                    payloadIsUtf8 = reader.number == 1;
                }
                case PropertyReader.MESSAGE_EXPIRY -> expiry = reader.number;
                case PropertyReader.CONTENT_TYPE -> contentType = reader.text();
                case PropertyReader.RESPONSE_TOPIC -> responseTopic = reader.text();
                case PropertyReader.CORRELATION_DATA ->
                    correlationData = Arrays.copyOfRange(bytes, reader.valueAt, reader.valueAt + reader.valueLength);
                case PropertyReader.USER_PROPERTY -> {
                    userProperties++;
                    userPropertyBytes += reader.valueLength - 2;
                    if (limit.allows(userProperties, userPropertyBytes)) {
                        if (taken == null) {
                            taken = new ArrayList<>();
                        }
                        taken.add(new UserProperty(reader.userPropertyName(), reader.userPropertyValue()));
                    }
                }
                case PropertyReader.SUBSCRIPTION_ID -> {
                    // Kept by subscriptionIds().
                    if (reader.number == 0) {
                        throw protocolError("PUBLISH with the subscription identifier 0");
                    }
                }
                case PropertyReader.TOPIC_ALIAS ->
                    throw new MalformedPacketException(
                            MalformedPacketException.TOPIC_ALIAS_INVALID,
                            "PUBLISH with a topic alias, although none was allowed");
                default ->
                    throw new MalformedPacketException(
                            "PUBLISH with property 0x" + Integer.toHexString(id) + ", which belongs to other packets");
            }
        }
        return any
                ? new MqttProperties(
                        payloadIsUtf8,
                        expiry,
                        contentType,
                        responseTopic,
                        correlationData,
                        taken == null ? List.of() : taken)
                : MqttProperties.NONE;
    }

    /** Only user properties and subscription identifiers may be there more than once. */
    private static int requireOnce(int id, int seen) throws MalformedPacketException {
        if (id == PropertyReader.USER_PROPERTY || id == PropertyReader.SUBSCRIPTION_ID) {
            return seen;
        }
        // What has no bit of its own belongs to other packets, and is refused for that.
        int bit = id < Integer.SIZE ? 1 << id : 0;
        if ((seen & bit) != 0) {
            throw protocolError("PUBLISH has the property 0x" + Integer.toHexString(id) + " twice");
        }
        return seen | bit;
    }

    private static MalformedPacketException protocolError(String message) {
        return new MalformedPacketException(MalformedPacketException.PROTOCOL_ERROR, message);
    }

    /** Returns how many user properties the message has, taken or not; known once {@link #properties} has read them. */
    public int userProperties() {
        return userProperties;
    }

    /** Returns how many bytes their names and values have; known once {@link #properties} has read them. */
    public long userPropertyBytes() {
        return userPropertyBytes;
    }

    /**
     * Reads the identifiers of the subscriptions that this copy of the message answers.
     *
     * @return the identifiers, perhaps with zeros behind them; empty if the broker named none
     * @throws MalformedPacketException if the properties are not legal
     */
    public int[] subscriptionIds() throws MalformedPacketException {
        int[] ids = NO_IDS;
        if (propertiesLength > 0) {
            PropertyReader reader = new PropertyReader(bytes, propertiesAt, propertiesLength);
            int count = 0;
            for (int id = reader.next(); id >= 0; id = reader.next()) {
                if (id == PropertyReader.SUBSCRIPTION_ID) {
                    if (count == MOST_SUBSCRIPTION_IDS) {
                        throw protocolError(
                                "PUBLISH with more than " + MOST_SUBSCRIPTION_IDS + " subscription identifiers");
                    }
                    if (count == ids.length) {
                        ids = Arrays.copyOf(ids, Math.max(4, count * 2));
                    }
                    ids[count++] = (int) reader.number;
                }
            }
            // 0 stands for no subscription, so what is left over matches none.
        }
        return ids;
    }

    /** Shows sizes and flags, no contents. */
    @Override
    public String toString() {
        return "PUBLISH[qos " + qos() + ", packet id " + packetId + ", " + payloadLength + " bytes]";
    }
}
