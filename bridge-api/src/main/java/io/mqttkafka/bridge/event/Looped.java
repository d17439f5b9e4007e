package io.mqttkafka.bridge.event;

/**
 * A route would have sent a message back to where the bridge had taken it from; it was acknowledged instead.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param origin the MQTT topic of the message, or where the record is in Kafka
 */
public record Looped(String route, String origin) {}
