package io.mqttkafka.bridge.event;

/**
 * A connection to the MQTT broker is up and subscribed.
 *
 * <p>Immutable.
 *
 * @param clientId the MQTT client id
 * @param serverUri the broker
 * @param sessionPresent whether the broker still had the session
 */
public record Connected(String clientId, String serverUri, boolean sessionPresent) {}
