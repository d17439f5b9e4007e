package io.mqttkafka.bridge.config;

/**
 * What happens to a message of QoS 1 or 2 that no route matches. It comes from a subscription that the MQTT session holds
 * from earlier, when the client id had other routes.
 *
 * <p>Immutable.
 */
public enum Unrouted {
    /**
     * Do not acknowledge it; stop the connection with an event that names the topic. Messages under a filter of {@link
     * MqttOptions#unsubscribe()} are acknowledged all the same.
     */
    STOP,

    /** Acknowledge it and count it as unrouted. The message is lost. */
    ACKNOWLEDGE
}
