package io.mqttkafka.bridge.core.mqtt.wire;

/** A version of MQTT, as CONNECT names it. */
public enum ProtocolVersion {
    /** MQTT 5. */
    V5(5, "MQTT 5"),

    /** MQTT 3.1.1: no properties, and reason codes in CONNACK and SUBACK only. */
    V3_1_1(4, "MQTT 3.1.1");

    private final int level;
    private final String text;

    ProtocolVersion(int level, String text) {
        this.level = level;
        this.text = text;
    }

    /** Returns the number in CONNECT. */
    public int level() {
        return level;
    }

    /** Says whether packets have properties, and answers have reasons. */
    public boolean hasProperties() {
        return this == V5;
    }

    /** Returns its name. */
    @Override
    public String toString() {
        return text;
    }
}
