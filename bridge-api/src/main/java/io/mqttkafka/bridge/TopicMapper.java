package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.Received;

/**
 * Chooses the Kafka topic of a message.
 *
 * <p>Most routes need no implementation: {@link ToKafka} is made from a template such as {@code telemetry.{site}}. A
 * result that is not a legal topic name, and any exception, goes to the failure policy of the route; it is never replaced
 * by another name.
 *
 * <p>Implementations must be thread-safe, quick and deterministic: a message can be mapped again after a broken
 * connection, and one MQTT topic that moves between Kafka topics loses its order.
 *
 * @param <T> the type of the decoded payload
 */
@FunctionalInterface
public interface TopicMapper<T> {
    /**
     * Chooses the topic.
     *
     * @param received the message, its decoded payload and its named levels
     * @return the name of a Kafka topic: 1 to 249 of the characters {@code a-z A-Z 0-9 . _ -}, not {@code .} or {@code ..}
     */
    String map(Received<T> received);
}
