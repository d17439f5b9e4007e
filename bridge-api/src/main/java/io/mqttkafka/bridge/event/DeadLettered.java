package io.mqttkafka.bridge.event;

/**
 * A message was written to the dead letter topic and acknowledged.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param origin the topic of the message; for a record from Kafka where it is, as in {@code commands-0@17}
 * @param deadLetterTopic the Kafka topic
 * @param cause why it could not be delivered
 */
public record DeadLettered(String route, String origin, String deadLetterTopic, Throwable cause) {}
