package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.restart.Restarts;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what a consumer has failed at, so that trouble that lasts is not taken for one that passes: so many consumers in
 * a row without progress are enough. Progress is what had not been read before. For the reading thread only.
 */
final class ReadTroubles {
    private static final int MOST_AT_ONE_RECORD = 3;
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long LONG_ENOUGH_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Up to where each partition was read, by whichever consumer. */
    private final Map<TopicPartition, Long> reached = new HashMap<>();

    /** The last record of each partition that could not be read. */
    private final Map<TopicPartition, Long> unreadable = new HashMap<>();

    private @Nullable TopicPartition suspected;
    private long suspectedOffset;
    private int suspicions;

    private final Restarts restarts = new Restarts();
    private int inARow;
    private int unreached;
    private long begunNanos;

    ReadTroubles() {}

    /**
     * Takes note of a consumer that has begun.
     *
     * @param nowNanos the time
     */
    void begun(long nowNanos) {
        begunNanos = nowNanos;
        unreached = 0;
    }

    /**
     * Takes note of what was read.
     *
     * @param partition the partition
     * @param next the first offset that was not read
     */
    void reached(TopicPartition partition, long next) {
        Long before = reached.put(partition, next);
        if (before == null || before < next) {
            progress();
        } else if (before > next) {
            // Read again, by another consumer.
            reached.put(partition, before);
        }
    }

    /** Forgets partitions whose offsets mean nothing any more, or that somebody else reads. */
    void forget(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            reached.remove(partition);
            unreadable.remove(partition);
        });
    }

    /**
     * Counts a consumer that has failed, for no reason that passes.
     *
     * @param nowNanos the time
     * @return whether another one is of no use
     */
    boolean exhausted(long nowNanos) {
        if (nowNanos - begunNanos > LONG_ENOUGH_NANOS) {
            // Where nothing is written there is nothing to read.
            progress();
        }
        inARow++;
        return restarts.exhausted();
    }

    private void progress() {
        restarts.progress();
        inARow = 0;
    }

    /** Takes note that no consumer could be made because Kafka was not there, which passes. */
    void away() {
        unreached++;
    }

    /** Says how long to wait before the next consumer. */
    Duration pause() {
        int times = Math.max(inARow, Math.max(suspicions, unreached));
        return Duration.ofNanos(
                Math.min(LONGEST_PAUSE_NANOS, TimeUnit.SECONDS.toNanos(1) << Math.min(10, Math.max(0, times - 1))));
    }

    /**
     * Takes note of a record at which a consumer has failed.
     *
     * @param partition the partition
     * @param offset the offset
     * @return whether it cannot be read; if not, another consumer may try
     */
    boolean isUnreadable(TopicPartition partition, long offset) {
        Long last = unreadable.get(partition);
        // A batch that is corrupt fails at each of its records.
        boolean known = last != null && offset <= last + 1;
        if (!known) {
            boolean again = partition.equals(suspected) && suspectedOffset == offset;
            suspected = partition;
            suspectedOffset = offset;
            suspicions = again ? suspicions + 1 : 1;
            known = suspicions >= MOST_AT_ONE_RECORD;
        }
        if (known) {
            unreadable.put(partition, offset);
            suspected = null;
            suspicions = 0;
        }
        return known;
    }
}
