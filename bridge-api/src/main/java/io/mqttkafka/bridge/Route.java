package io.mqttkafka.bridge;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a bridge does with some messages: which it takes, how it changes them, where they go. A value that can be built
 * once, shared and given to several bridges.
 *
 * <p>Made by {@link #fromMqtt} and {@link #fromKafka} only; a bridge refuses any other implementation.
 *
 * <p>Immutable, provided that the codecs and functions given to it are.
 */
public interface Route {
    /**
     * Starts a route from MQTT.
     *
     * <p>The filter is an MQTT topic filter: {@code +} stands for one level, {@code #} at the end for any number of them,
     * {@code $share/group/filter} for a subscription shared with other clients. A level {@code {site}} stands for one
     * level, like {@code +}, and gives it a name that templates and {@link io.mqttkafka.bridge.message.Received#level} can
     * use. A literal brace is written twice: <code>{{</code>, <code>}}</code>.
     *
     * <p>If several routes match a message it goes to each of them, and is acknowledged when all are done with it.
     *
     * @param filter the topic filter; checked when the bridge is built
     * @return the source stage of the route
     * @throws NullPointerException if {@code filter} is null
     */
    static FromMqtt<byte[]> fromMqtt(String filter) {
        return FromMqtt.of(filter);
    }

    /**
     * Starts a route from Kafka.
     *
     * <p>The offset of a record is committed when the MQTT broker has taken it over, and everything before it in its
     * partition: PUBACK for QoS 1, PUBCOMP for QoS 2, the bytes on their way for QoS 0. At QoS 2 records are delivered
     * exactly once, unless the route is declared {@link ToMqtt#effectivelyOnce()}.
     *
     * @param topics the names of one or more Kafka topics, which must exist when the bridge starts
     * @return the source stage of the route
     * @throws IllegalArgumentException if there is none, one is not a legal name, or one is named twice
     * @throws NullPointerException if {@code topics} is or holds null
     */
    static FromKafka<byte[]> fromKafka(String... topics) {
        return FromKafka.of(List.of(topics), null);
    }

    /**
     * Starts a route from all Kafka topics that match a pattern as a whole, also those created later. Kafka's internal
     * topics never match.
     *
     * @param topics the pattern
     * @return the source stage of the route
     * @throws NullPointerException if {@code topics} is null
     */
    static FromKafka<byte[]> fromKafka(Pattern topics) {
        return FromKafka.of(List.of(), Objects.requireNonNull(topics, "topics"));
    }

    /**
     * Returns the name of the route, by which events, health and log lines call it.
     *
     * @return the name given, or one made of source and target
     */
    String name();
}
