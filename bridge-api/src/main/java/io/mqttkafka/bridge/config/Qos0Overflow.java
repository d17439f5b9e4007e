package io.mqttkafka.bridge.config;

/**
 * What happens to a message of QoS 0 while half of {@link MqttOptions#maxInFlightBytes()} waits for Kafka.
 *
 * <p>Immutable.
 */
public enum Qos0Overflow {
    /** Give the new message up at once and count it as shed. Messages of QoS 1 and 2 behind it are not held up. */
    SHED,

    /**
     * Stop reading, so that the MQTT broker feels the pressure, for at most a quarter of the keep-alive; then shed
     * at once until Kafka has made room again. Messages of QoS 1 and 2 on the same connection wait too.
     */
    PAUSE
}
