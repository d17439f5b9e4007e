package io.mqttkafka.bridge.core.mqtt.wire;

/** The types of MQTT packets, and their names. */
public final class PacketType {
    /** CONNECT. */
    public static final int CONNECT = 1;

    /** CONNACK. */
    public static final int CONNACK = 2;

    /** PUBLISH. */
    public static final int PUBLISH = 3;

    /** PUBACK. */
    public static final int PUBACK = 4;

    /** PUBREC. */
    public static final int PUBREC = 5;

    /** PUBREL. */
    public static final int PUBREL = 6;

    /** PUBCOMP. */
    public static final int PUBCOMP = 7;

    /** SUBSCRIBE. */
    public static final int SUBSCRIBE = 8;

    /** SUBACK. */
    public static final int SUBACK = 9;

    /** UNSUBSCRIBE. */
    public static final int UNSUBSCRIBE = 10;

    /** UNSUBACK. */
    public static final int UNSUBACK = 11;

    /** PINGREQ. */
    public static final int PINGREQ = 12;

    /** PINGRESP. */
    public static final int PINGRESP = 13;

    /** DISCONNECT. */
    public static final int DISCONNECT = 14;

    /** AUTH. */
    public static final int AUTH = 15;

    private static final String[] NAMES = {
        "type 0",
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
        "AUTH"
    };

    private PacketType() {}

    /**
     * Takes the type out of the first byte of a packet.
     *
     * @param firstByte the byte
     * @return the type, 0 to 15
     */
    public static int of(int firstByte) {
        return firstByte >> 4 & 0xF;
    }

    /**
     * Names a type.
     *
     * @param type the type, 0 to 15
     * @return its name
     */
    public static String name(int type) {
        return NAMES[type];
    }
}
