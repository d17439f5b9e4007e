package io.mqttkafka.bridge.event;

import org.jspecify.annotations.Nullable;

/**
 * A route has stopped.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param origin the topic of the message that failed, for a record from Kafka where it is; null if the connection failed rather than a message
 * @param cause why
 */
public record RouteStopped(String route, @Nullable String origin, Throwable cause) {}
