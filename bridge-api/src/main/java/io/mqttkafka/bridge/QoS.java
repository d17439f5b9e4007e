package io.mqttkafka.bridge;

/**
 * The quality of service of an MQTT message or subscription, named by what it promises.
 *
 * <p>The effective QoS of a message is the lower of what its publisher chose and what the route subscribed with. What a
 * route really guarantees is said by {@link Bridge#guarantees()}.
 *
 * <p>Immutable.
 */
public enum QoS {
    /**
     * QoS 0. Never acknowledged: lost when the connection breaks, when Kafka refuses it, or when it is shed (counted). From
     * Kafka: the offset is committed when the bytes have left.
     */
    AT_MOST_ONCE,

    /**
     * QoS 1. PUBACK leaves only after Kafka has confirmed the record with {@code acks=all}. Repeated after a crash or a
     * broken connection: at most the messages that were not yet acknowledged. From Kafka: the offset is committed after PUBACK.
     */
    AT_LEAST_ONCE,

    /**
     * QoS 2. PUBREC leaves only after Kafka has confirmed the record. Redelivered messages are recognised by their packet
     * id; see {@link Guarantee} for what survives a crash of the process. From Kafka: the offset is committed after PUBCOMP.
     */
    EXACTLY_ONCE;

    private static final QoS[] LEVELS = values();

    /**
     * Returns the number used on the wire.
     *
     * @return 0, 1 or 2
     */
    public int level() {
        return ordinal();
    }

    /**
     * Returns the QoS with the given number.
     *
     * @param level 0, 1 or 2
     * @return the QoS
     * @throws IllegalArgumentException if {@code level} is not 0, 1 or 2
     */
    public static QoS of(int level) {
        if (level < 0 || level > 2) {
            throw new IllegalArgumentException("qos: " + level + " is not a QoS; use 0, 1 or 2");
        }
        return LEVELS[level];
    }
}
