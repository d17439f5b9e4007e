package io.mqttkafka.bridge.core.mqtt.wire;

/** A version of MQTT, as CONNECT names it. */
public enum ProtocolVersion {
    /** MQTT 5. */
    V5(5);

    private final int level;

    ProtocolVersion(int level) {
        this.level = level;
    }

    /** Returns the number in CONNECT. */
    public int level() {
        return level;
    }
}
