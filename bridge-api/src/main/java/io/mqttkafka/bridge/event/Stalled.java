package io.mqttkafka.bridge.event;

import java.time.Duration;

/**
 * The oldest unacknowledged message is older than the stall threshold.
 *
 * <p>Immutable.
 *
 * @param clientId the MQTT client id
 * @param oldest the age of the oldest unacknowledged message
 * @param unacknowledged how many messages are unacknowledged
 */
public record Stalled(String clientId, Duration oldest, int unacknowledged) {}
