package io.mqttkafka.bridge.event;

/**
 * The MQTT broker threw messages away because nobody subscribes to their topics, and the route accepts that.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param messages how many since the last such event
 * @param origin where the last of them is in Kafka, as in {@code commands-0@17}
 */
public record Unheard(String route, long messages, String origin) {}
