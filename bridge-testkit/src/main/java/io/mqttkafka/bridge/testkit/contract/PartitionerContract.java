package io.mqttkafka.bridge.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.Partitioner.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a bridge expects of a {@link Partitioner}: extend it, say which partitioner and which records, and JUnit runs the
 * rest. {@link Partitioner#byKey()} is applied by Kafka's producer and cannot be called.
 *
 * <p>It needs JUnit Jupiter and AssertJ.
 */
public abstract class PartitionerContract {

    private static final int ROUNDS = 200;

    /** For subclasses. */
    protected PartitionerContract() {}

    /** Returns the partitioner under test. */
    protected abstract Partitioner partitioner();

    /** Returns records to place, with and without a key, on few and many partitions; at least one. */
    protected abstract List<Request> requests();

    /** Every partition exists. */
    @Test
    protected void partition_exists() {
        assertThat(requests()).as("requests()").isNotEmpty();
        for (Request request : requests()) {
            assertThat(partitioner().partition(request))
                    .as("the partition for %s", request)
                    .isBetween(0, request.partitionCount() - 1);
        }
    }

    /** A message that is delivered again goes to the same partition. */
    @Test
    protected void record_placedTwice_goesToTheSamePartition() {
        for (Request request : requests()) {
            assertThat(partitioner().partition(request)).isEqualTo(partitioner().partition(request));
        }
    }

    /** Several threads use one partitioner at once. */
    @Test
    protected void partitioner_usedByManyThreads_mixesNothingUp() throws InterruptedException {
        Partitioner partitioner = partitioner();
        List<Integer> expected = requests().stream().map(partitioner::partition).toList();
        Concurrently.run(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(requests().stream().map(partitioner::partition).toList())
                        .isEqualTo(expected);
            }
            return null;
        });
    }
}
