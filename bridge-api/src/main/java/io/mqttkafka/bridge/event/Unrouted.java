package io.mqttkafka.bridge.event;

/**
 * Messages that no route matches were acknowledged.
 *
 * <p>Immutable.
 *
 * @param clientId the MQTT client id
 * @param messages how many since the last such event
 * @param mqttTopic the topic of the last of them
 */
public record Unrouted(String clientId, long messages, String mqttTopic) {}
