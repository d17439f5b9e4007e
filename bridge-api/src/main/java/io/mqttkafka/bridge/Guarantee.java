package io.mqttkafka.bridge;

/**
 * What a route promises about each message, from weakest to strongest.
 *
 * <p>Immutable.
 */
public enum Guarantee {
    /** A message can be lost; it is never repeated by the bridge. */
    AT_MOST_ONCE,

    /** No message is lost. After a broken connection or a crash, messages not yet acknowledged can be repeated. */
    AT_LEAST_ONCE,

    /**
     * No message is lost, and none is repeated while the process lives, whatever happens to connections and brokers. If
     * the process dies, the messages in flight at that moment can be repeated: those confirmed by Kafka whose PUBREC had
     * not reached the MQTT broker. From Kafka, a rebalance can repeat the messages in flight, and so can an MQTT broker that
     * loses the session.
     */
    EFFECTIVELY_ONCE,

    /** No message is lost or repeated for consumers that read committed records, also when the process is killed. */
    EXACTLY_ONCE
}
