package io.mqttkafka.bridge.event;

/**
 * A message was given up and acknowledged.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param mqttTopic the topic of the message
 * @param cause why it could not be delivered
 */
public record Skipped(String route, String mqttTopic, Throwable cause) {}
