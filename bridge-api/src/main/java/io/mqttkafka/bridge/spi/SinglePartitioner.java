package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Partitioner;

/**
 * {@link Partitioner#single(int)}: everything on one partition. Immutable.
 *
 * @param partition the partition, from 0
 */
public record SinglePartitioner(int partition) implements Partitioner {
    /**
     * Checks the partition.
     *
     * @param partition the partition, from 0
     * @throws IllegalArgumentException if {@code partition} is negative
     */
    public SinglePartitioner {
        if (partition < 0) {
            throw new IllegalArgumentException("partitioner: " + partition + " is not a partition; use 0 or more");
        }
    }

    @Override
    public int partition(Request request) {
        return partition;
    }

    @Override
    public String toString() {
        return "Partitioner.single(" + partition + ")";
    }
}
