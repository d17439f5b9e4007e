package io.mqttkafka.bridge.event;

/**
 * A message was given up and acknowledged.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param origin the topic of the message; for a record from Kafka where it is, as in {@code commands-0@17}
 * @param cause why it could not be delivered
 */
public record Skipped(String route, String origin, Throwable cause) {}
