package io.mqttkafka.bridge.core.session;

/**
 * A partition as one consumer group reads it.
 *
 * @param group the consumer group
 * @param topic the Kafka topic
 * @param number the number of the partition
 */
public record Partition(String group, String topic, int number) {}
