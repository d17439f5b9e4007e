package io.mqttkafka.bridge.event;

/**
 * The MQTT broker no longer had the session.
 *
 * <p>Immutable.
 *
 * @param clientId the MQTT client id
 * @param unacknowledged the messages that had been received and not acknowledged; they still go to Kafka. For routes from
 *     Kafka: the messages published and not acknowledged; they are published again
 */
public record SessionLost(String clientId, int unacknowledged) {}
