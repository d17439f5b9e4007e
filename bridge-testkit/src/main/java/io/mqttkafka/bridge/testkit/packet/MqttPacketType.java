package io.mqttkafka.bridge.testkit.packet;

/** The control packets of MQTT 5, in the order of their codes. */
public enum MqttPacketType {
    CONNECT,
    CONNACK,
    PUBLISH,
    PUBACK,
    PUBREC,
    PUBREL,
    PUBCOMP,
    SUBSCRIBE,
    SUBACK,
    UNSUBSCRIBE,
    UNSUBACK,
    PINGREQ,
    PINGRESP,
    DISCONNECT,
    AUTH;

    private static final MqttPacketType[] BY_CODE = values();

    /** Returns the code that stands in the upper half of a packet's first byte. */
    public int code() {
        return ordinal() + 1;
    }

    /**
     * Returns the type a packet's first byte stands for.
     *
     * @throws IllegalArgumentException if it stands for none
     */
    static MqttPacketType ofFirstByte(byte first) {
        int code = (first & 0xF0) >> 4;
        if (code == 0) {
            throw new IllegalArgumentException("Packet type 0 is not allowed");
        }
        return BY_CODE[code - 1];
    }
}
