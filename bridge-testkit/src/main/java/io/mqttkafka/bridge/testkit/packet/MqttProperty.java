package io.mqttkafka.bridge.testkit.packet;

/** The properties MQTT 5 packets may carry. */
public enum MqttProperty {
    PAYLOAD_FORMAT_INDICATOR(0x01, Kind.BYTE),
    MESSAGE_EXPIRY_INTERVAL(0x02, Kind.FOUR_BYTES),
    CONTENT_TYPE(0x03, Kind.TEXT),
    RESPONSE_TOPIC(0x08, Kind.TEXT),
    CORRELATION_DATA(0x09, Kind.DATA),
    SUBSCRIPTION_IDENTIFIER(0x0B, Kind.VARIABLE),
    SESSION_EXPIRY_INTERVAL(0x11, Kind.FOUR_BYTES),
    ASSIGNED_CLIENT_IDENTIFIER(0x12, Kind.TEXT),
    SERVER_KEEP_ALIVE(0x13, Kind.TWO_BYTES),
    AUTHENTICATION_METHOD(0x15, Kind.TEXT),
    AUTHENTICATION_DATA(0x16, Kind.DATA),
    REQUEST_PROBLEM_INFORMATION(0x17, Kind.BYTE),
    WILL_DELAY_INTERVAL(0x18, Kind.FOUR_BYTES),
    REQUEST_RESPONSE_INFORMATION(0x19, Kind.BYTE),
    RESPONSE_INFORMATION(0x1A, Kind.TEXT),
    SERVER_REFERENCE(0x1C, Kind.TEXT),
    REASON_STRING(0x1F, Kind.TEXT),
    RECEIVE_MAXIMUM(0x21, Kind.TWO_BYTES),
    TOPIC_ALIAS_MAXIMUM(0x22, Kind.TWO_BYTES),
    TOPIC_ALIAS(0x23, Kind.TWO_BYTES),
    MAXIMUM_QOS(0x24, Kind.BYTE),
    RETAIN_AVAILABLE(0x25, Kind.BYTE),
    USER_PROPERTY(0x26, Kind.PAIR),
    MAXIMUM_PACKET_SIZE(0x27, Kind.FOUR_BYTES),
    WILDCARD_SUBSCRIPTION_AVAILABLE(0x28, Kind.BYTE),
    SUBSCRIPTION_IDENTIFIER_AVAILABLE(0x29, Kind.BYTE),
    SHARED_SUBSCRIPTION_AVAILABLE(0x2A, Kind.BYTE);

    /** How a property's value is written. */
    enum Kind {
        BYTE(0xFFL),
        TWO_BYTES(0xFFFFL),
        FOUR_BYTES(0xFFFF_FFFFL),
        VARIABLE(268_435_455L),
        TEXT(-1),
        DATA(-1),
        PAIR(-1);

        private final long highest;

        Kind(long highest) {
            this.highest = highest;
        }

        boolean isNumber() {
            return highest > 0;
        }

        long highest() {
            return highest;
        }
    }

    private final int id;
    private final Kind kind;

    MqttProperty(int id, Kind kind) {
        this.id = id;
        this.kind = kind;
    }

    /** Returns the number that stands for this property on the wire. */
    public int id() {
        return id;
    }

    Kind kind() {
        return kind;
    }

    boolean mayRepeat() {
        return this == USER_PROPERTY || this == SUBSCRIPTION_IDENTIFIER;
    }

    static MqttProperty ofId(int id) {
        for (MqttProperty property : values()) {
            if (property.id == id) {
                return property;
            }
        }
        throw new IllegalArgumentException("There is no property 0x" + Integer.toHexString(id));
    }
}
