package io.mqttkafka.bridge.config;

/**
 * The version of MQTT that the bridge speaks with its broker. What 3.1.1 takes away from a route is refused when the bridge is
 * built, or said in {@code Bridge.guarantees()}; what it keeps is the same: QoS 0 to 2, exactly once included.
 *
 * <p>Immutable.
 */
public enum MqttVersion {
    /** MQTT 5. */
    V5,

    /**
     * MQTT 3.1.1. It has no user properties, content type, expiry or response topic, no subscription identifiers, no shared
     * subscriptions, no reasons, and no expiry of the session: a session that outlives the connection is kept as long as the broker
     * pleases. Retained messages come again at every connect.
     */
    V3_1_1,

    /**
     * MQTT 5, and 3.1.1 with a broker that refuses that, or hangs up on it. Which one is found out at the first connect, remembered
     * and said in the log. What needs MQTT 5 is refused where the broker speaks 3.1.1 only, when that is known.
     */
    AUTO
}
