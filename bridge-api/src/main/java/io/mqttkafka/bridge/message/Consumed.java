package io.mqttkafka.bridge.message;

import java.util.Objects;

/**
 * A record on its way through a route from Kafka: as it came, and decoded.
 *
 * <p>Immutable if the decoded value is.
 *
 * @param <T> the type of the decoded value
 */
public interface Consumed<T> {
    /**
     * Returns the record as Kafka delivered it.
     *
     * @return the record
     */
    KafkaMessage message();

    /**
     * Returns the value as decoded, and mapped, by the route.
     *
     * @return the value; the bytes of the record if the route has no codec
     */
    T value();

    /**
     * Makes one, as tests of a {@link io.mqttkafka.bridge.MqttTopicMapper} need it.
     *
     * @param <T> the type of the decoded value
     * @param message the record
     * @param value the decoded value
     * @return the record on its way
     * @throws NullPointerException if a part is null
     */
    static <T> Consumed<T> of(KafkaMessage message, T value) {
        record Fixed<T>(KafkaMessage message, T value) implements Consumed<T> {
            @Override
            public String toString() {
                return "Consumed[" + message + "]";
            }
        }
        return new Fixed<>(Objects.requireNonNull(message, "message"), Objects.requireNonNull(value, "value"));
    }
}
