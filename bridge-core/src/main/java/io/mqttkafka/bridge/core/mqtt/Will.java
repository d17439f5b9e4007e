package io.mqttkafka.bridge.core.mqtt;

import java.time.Duration;

/**
 * What the broker publishes, retained and at QoS 1, when a client has been gone for a while without taking its leave.
 *
 * @param topic the topic
 * @param payload the payload; not changed
 * @param delay for how long it has to be gone
 */
public record Will(String topic, byte[] payload, Duration delay) {}
