package io.mqttkafka.bridge.event;

import io.mqttkafka.bridge.Guarantee;

/**
 * A route cannot keep what it had promised on the MQTT broker that it is connected to: the broker has said so, or was seen to do
 * what MQTT forbids. {@code Bridge.guarantees()} says the same from now on.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param guarantee what it keeps
 * @param reason why, in words
 */
public record GuaranteeLowered(String route, Guarantee guarantee, String reason) {}
