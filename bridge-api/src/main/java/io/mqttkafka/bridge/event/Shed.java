package io.mqttkafka.bridge.event;

/**
 * Messages of QoS 0 were given up.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param messages how many since the last such event
 * @param cause why the last of them was given up
 */
public record Shed(String route, long messages, String cause) {}
