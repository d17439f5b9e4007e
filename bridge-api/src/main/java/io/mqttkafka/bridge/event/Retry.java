package io.mqttkafka.bridge.event;

import java.time.Duration;

/**
 * A message failed and will be tried again.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param origin the topic of the message; for a record from Kafka where it is, as in {@code commands-0@17}
 * @param attempt the number of the failed attempt, from 1
 * @param delay the time until the next one
 * @param cause why it failed
 */
public record Retry(String route, String origin, int attempt, Duration delay, Throwable cause) {}
