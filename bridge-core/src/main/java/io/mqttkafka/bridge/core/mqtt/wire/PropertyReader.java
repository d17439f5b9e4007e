package io.mqttkafka.bridge.core.mqtt.wire;

/** Walks through the property section of an MQTT 5 packet, one property at a time. */
final class PropertyReader {
    static final int PAYLOAD_FORMAT = 0x01;
    static final int MESSAGE_EXPIRY = 0x02;
    static final int CONTENT_TYPE = 0x03;
    static final int RESPONSE_TOPIC = 0x08;
    static final int CORRELATION_DATA = 0x09;
    static final int SUBSCRIPTION_ID = 0x0B;
    static final int SESSION_EXPIRY = 0x11;
    static final int ASSIGNED_CLIENT_ID = 0x12;
    static final int SERVER_KEEP_ALIVE = 0x13;
    static final int AUTHENTICATION_METHOD = 0x15;
    static final int AUTHENTICATION_DATA = 0x16;
    static final int REASON_STRING = 0x1F;
    static final int RESPONSE_INFORMATION = 0x1A;
    static final int SERVER_REFERENCE = 0x1C;
    static final int RECEIVE_MAXIMUM = 0x21;
    static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    static final int TOPIC_ALIAS = 0x23;
    static final int MAXIMUM_QOS = 0x24;
    static final int RETAIN_AVAILABLE = 0x25;
    static final int USER_PROPERTY = 0x26;
    static final int MAXIMUM_PACKET_SIZE = 0x27;
    static final int WILDCARDS_AVAILABLE = 0x28;
    static final int SUBSCRIPTION_IDS_AVAILABLE = 0x29;
    static final int SHARED_AVAILABLE = 0x2A;

    private final byte[] bytes;
    private final int end;
    private int at;

    /** Where the value of the present property begins, and how long it is; for texts without their length. */
    int valueAt;

    int valueLength;

    /** The value of the present property if it is a number. */
    long number;

    PropertyReader(byte[] bytes, int from, int length) {
        this.bytes = bytes;
        this.at = from;
        this.end = from + length;
    }

    /** Goes to the next property and returns its identifier, or -1 at the end. */
    int next() throws MalformedPacketException {
        if (at == end) {
            return -1;
        }
        int id = bytes[at++];
        switch (id) {
            case 0x01,
                    0x17,
                    0x19,
                    MAXIMUM_QOS,
                    RETAIN_AVAILABLE,
                    WILDCARDS_AVAILABLE,
                    SUBSCRIPTION_IDS_AVAILABLE,
                    SHARED_AVAILABLE -> number(1);
            case SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, TOPIC_ALIAS -> number(2);
            case MESSAGE_EXPIRY, SESSION_EXPIRY, 0x18, MAXIMUM_PACKET_SIZE -> number(4);
            case CONTENT_TYPE,
                    RESPONSE_TOPIC,
                    CORRELATION_DATA,
                    ASSIGNED_CLIENT_ID,
                    AUTHENTICATION_METHOD,
                    AUTHENTICATION_DATA,
                    RESPONSE_INFORMATION,
                    SERVER_REFERENCE,
                    REASON_STRING -> binary();
            case USER_PROPERTY -> {
                binary();
                int nameAt = valueAt;
                binary();
                // Both strings, the length of the second between them.
                valueLength = valueAt + valueLength - nameAt;
                valueAt = nameAt;
            }
            case SUBSCRIPTION_ID -> variable();
            default -> throw new MalformedPacketException("unknown property 0x" + Integer.toHexString(id & 0xFF));
        }
        return id;
    }

    String text() throws MalformedPacketException {
        return Bytes.utf8(bytes, valueAt, valueLength);
    }

    String userPropertyName() throws MalformedPacketException {
        return Bytes.utf8(bytes, valueAt, Bytes.uint16(bytes, valueAt - 2));
    }

    String userPropertyValue() throws MalformedPacketException {
        int nameLength = Bytes.uint16(bytes, valueAt - 2);
        return Bytes.utf8(bytes, valueAt + nameLength + 2, valueLength - nameLength - 2);
    }

    private void number(int length) throws MalformedPacketException {
        take(length);
        number = 0;
        for (int i = valueAt; i < valueAt + length; i++) {
            number = number << 8 | (bytes[i] & 0xFF);
        }
    }

    private void binary() throws MalformedPacketException {
        take(2);
        take(Bytes.uint16(bytes, valueAt));
    }

    private void variable() throws MalformedPacketException {
        number = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            take(1);
            number |= (long) (bytes[valueAt] & 0x7F) << shift;
            if (bytes[valueAt] >= 0) {
                return;
            }
        }
        throw new MalformedPacketException("a variable byte integer is longer than 4 bytes");
    }

    private void take(int length) throws MalformedPacketException {
        if (end - at < length) {
            throw new MalformedPacketException("a property is longer than its packet");
        }
        valueAt = at;
        valueLength = length;
        at += length;
    }
}
