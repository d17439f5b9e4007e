package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.spi.ByKeyPartitioner;
import io.mqttkafka.bridge.spi.SinglePartitioner;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the Kafka partition of a record, and with it the order that consumers see.
 *
 * <p>Kafka keeps order within a partition. With the default key, the MQTT topic, {@link #byKey()} keeps every MQTT topic
 * in order; {@link #single(int)} keeps the whole route in order.
 *
 * <p>Implementations must be thread-safe, quick and deterministic.
 */
@FunctionalInterface
public interface Partitioner {
    /**
     * Chooses the partition.
     *
     * @param request the record to place
     * @return a partition from 0 to {@code request.partitionCount() - 1}; any other number is a failure of the message
     */
    int partition(Request request);

    /**
     * The record to place.
     *
     * <p>Immutable as long as nobody changes the array, by whose identity two requests are compared.
     *
     * @param kafkaTopic the topic
     * @param partitionCount the number of partitions that the topic had when the bridge last looked it up, at least 1;
     *     it looks once, and again when Kafka refuses the topic
     * @param key the key of the record; null if it has none; not to be changed
     * @param message the MQTT message
     */
    record Request(String kafkaTopic, int partitionCount, byte @Nullable [] key, MqttMessage message) {
        /**
         * Checks its parts.
         *
         * @param kafkaTopic the topic
         * @param partitionCount the number of partitions that the topic had when the bridge last looked it up, at least 1
         * @param key the key of the record; null if it has none; not to be changed
         * @param message the MQTT message
         * @throws NullPointerException if a part other than {@code key} is null
         * @throws IllegalArgumentException if {@code partitionCount} is less than 1
         */
        public Request {
            Objects.requireNonNull(kafkaTopic, "kafkaTopic");
            Objects.requireNonNull(message, "message");
            if (partitionCount < 1) {
                throw new IllegalArgumentException("partitionCount: " + partitionCount + " must be 1 or more");
            }
        }

        /** Shows everything but the contents of key and message. */
        @Override
        public String toString() {
            return "Request[" + kafkaTopic + ", " + partitionCount + " partitions, "
                    + (key == null ? "no key" : "key of " + key.length + " bytes") + ", " + message + "]";
        }
    }

    /**
     * Returns Kafka's own placement: by the hash of the key. The same key stays on the same partition as long as the
     * number of partitions does. The default.
     *
     * @return the partitioner
     */
    static Partitioner byKey() {
        return ByKeyPartitioner.INSTANCE;
    }

    /**
     * Returns a placement of everything on one partition, which keeps the order of the whole route.
     *
     * @param partition the partition, from 0
     * @return the partitioner
     * @throws IllegalArgumentException if {@code partition} is negative
     */
    static Partitioner single(int partition) {
        return new SinglePartitioner(partition);
    }
}
