package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Partitioner;

/** {@link Partitioner#byKey()}: Kafka's placement by the hash of the key, which its producer applies. Immutable. */
public enum ByKeyPartitioner implements Partitioner {
    /** The only instance. */
    INSTANCE;

    @Override
    public int partition(Request request) {
        throw new IllegalStateException("Partitioner.byKey() is applied by Kafka's producer");
    }

    @Override
    public String toString() {
        return "Partitioner.byKey()";
    }
}
