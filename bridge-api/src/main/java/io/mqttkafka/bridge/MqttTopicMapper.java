package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.Consumed;

/**
 * Chooses the MQTT topic of a record.
 *
 * <p>Most routes need no implementation: {@link ToMqtt} is made from a template such as <code>devices/{key}/cmd</code>. A
 * result that is not a legal topic, and any exception, goes to the failure policy of the route; it is never replaced by
 * another topic.
 *
 * <p>Implementations must be thread-safe, quick and deterministic: a record can be mapped again after a rebalance or a
 * crash.
 *
 * @param <T> the type of the decoded value
 */
@FunctionalInterface
public interface MqttTopicMapper<T> {
    /**
     * Chooses the topic.
     *
     * @param consumed the record and its decoded value
     * @return an MQTT topic: 1 to 65,535 bytes of UTF-8, without {@code +}, {@code #} and control characters, and not
     *     beginning with {@code $}
     */
    String map(Consumed<T> consumed);
}
