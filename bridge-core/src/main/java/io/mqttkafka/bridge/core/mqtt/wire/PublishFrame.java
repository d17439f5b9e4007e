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

    /**
     * Points at a packet.
     *
     * @param buffer the array
     * @param firstByte the first byte of the packet: type and flags
     * @param from where the variable header begins
     * @param end where the packet ends
     * @throws MalformedPacketException if it is not a PUBLISH of MQTT 5 with a topic
     */
    void wrap(byte[] buffer, int firstByte, int from, int end) throws MalformedPacketException {
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
        payloadAt = at + length;
        payloadLength = end - payloadAt;
        if (payloadLength < 0) {
            throw new MalformedPacketException("PUBLISH with properties longer than itself");
        }
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
     * Reads the properties that belong to the message.
     *
     * @return the properties; {@link MqttProperties#NONE} if there are none
     * @throws MalformedPacketException if they are not legal
     */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    public MqttProperties properties() throws MalformedPacketException {
        if (propertiesLength == 0) {
            return MqttProperties.NONE;
        }
        Boolean payloadIsUtf8 = null;
        Long expiry = null;
        String contentType = null;
        String responseTopic = null;
        byte[] correlationData = null;
        List<UserProperty> userProperties = null;
        boolean any = false;
        PropertyReader reader = new PropertyReader(bytes, propertiesAt, propertiesLength);
        for (int id = reader.next(); id >= 0; id = reader.next()) {
            any |= id != PropertyReader.SUBSCRIPTION_ID;
            switch (id) {
                case PropertyReader.PAYLOAD_FORMAT -> payloadIsUtf8 = reader.number == 1;
                case PropertyReader.MESSAGE_EXPIRY -> expiry = reader.number;
                case PropertyReader.CONTENT_TYPE -> contentType = reader.text();
                case PropertyReader.RESPONSE_TOPIC -> responseTopic = reader.text();
                case PropertyReader.CORRELATION_DATA ->
                    correlationData = Arrays.copyOfRange(bytes, reader.valueAt, reader.valueAt + reader.valueLength);
                case PropertyReader.USER_PROPERTY -> {
                    if (userProperties == null) {
                        userProperties = new ArrayList<>();
                    }
                    userProperties.add(new UserProperty(reader.userPropertyName(), reader.userPropertyValue()));
                }
                case PropertyReader.SUBSCRIPTION_ID -> {
                    // Read by subscriptionIds().
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
                        userProperties == null ? List.of() : userProperties)
                : MqttProperties.NONE;
    }

    /**
     * Reads the identifiers of the subscriptions that this copy of the message answers.
     *
     * @return the identifiers; empty if the broker named none
     * @throws MalformedPacketException if the properties are not legal
     */
    public int[] subscriptionIds() throws MalformedPacketException {
        int[] ids = NO_IDS;
        if (propertiesLength > 0) {
            PropertyReader reader = new PropertyReader(bytes, propertiesAt, propertiesLength);
            for (int id = reader.next(); id >= 0; id = reader.next()) {
                if (id == PropertyReader.SUBSCRIPTION_ID) {
                    ids = Arrays.copyOf(ids, ids.length + 1);
                    ids[ids.length - 1] = (int) reader.number;
                }
            }
        }
        return ids;
    }

    /** Shows sizes and flags, no contents. */
    @Override
    public String toString() {
        return "PUBLISH[qos " + qos() + ", packet id " + packetId + ", " + payloadLength + " bytes]";
    }
}
