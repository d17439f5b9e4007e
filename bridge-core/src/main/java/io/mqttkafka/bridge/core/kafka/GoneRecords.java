package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.Partition;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which of the records that make partitions urgent will never come, and tells the handler: an earlier process had
 * read them, and the log has them no more. For the reading thread only.
 */
final class GoneRecords {
    private static final Logger log = LoggerFactory.getLogger(GoneRecords.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String route;
    private final RecordHandler handler;
    private final Supplier<Consumer<byte[], byte[]>> consumer;

    /** How many records of urgent partitions were taken since those were assigned. */
    private final Map<TopicPartition, Integer> taken = new HashMap<>();

    /** Urgent partitions that were not there when last asked for. */
    private final Set<TopicPartition> absent = new HashSet<>();

    private long askedNanos;

    /**
     * Makes one that has not looked.
     *
     * @param route the name of the route
     * @param handler has the urgent partitions, and is told
     * @param consumer the consumer of the moment
     */
    GoneRecords(String route, RecordHandler handler, Supplier<Consumer<byte[], byte[]>> consumer) {
        this.route = route;
        this.handler = handler;
        this.consumer = consumer;
    }

    static TopicPartition topicPartition(Partition partition) {
        return new TopicPartition(partition.topic(), partition.number());
    }

    /** Counts anew for a partition that is read from here on. */
    void assigned(TopicPartition partition) {
        taken.remove(partition);
    }

    /**
     * A record of an urgent partition is taken. An earlier process had read no further ahead of what was committed, so that after
     * many of them who still waits waits for other records.
     */
    void taken(Partition partition, long offset) {
        TopicPartition known = topicPartition(partition);
        if (taken.merge(known, 1, Integer::sum) > 2 * PartitionBook.MOST_OPEN && handler.ended(partition, offset + 1)) {
            tellGone(known, "was read from an earlier offset");
        }
    }

    /**
     * Looks, and asks Kafka once a second at the most.
     *
     * @param isRead whether this source reads a partition
     * @param isWaiting whether a record of a partition has been read and waits to be taken
     */
    void look(Predicate<TopicPartition> isRead, Predicate<TopicPartition> isWaiting) {
        Collection<Partition> urgent = handler.urgent();
        if (urgent.isEmpty()) {
            absent.clear();
            return;
        }
        Map<TopicPartition, Partition> here = new HashMap<>();
        Map<TopicPartition, Partition> elsewhere = new HashMap<>();
        for (Partition partition : urgent) {
            TopicPartition known = topicPartition(partition);
            (isRead.test(known) ? here : elsewhere).put(known, partition);
        }
        ask(() -> resolveByPosition(here, isWaiting));
        if (System.nanoTime() - askedNanos >= INTERVAL_NANOS) {
            ask(() -> resolveElsewhere(elsewhere));
            ask(() -> resolveByEnd(here));
            askedNanos = System.nanoTime();
        }
    }

    /** What is fatal shows when the consumer polls. */
    private void ask(Runnable question) {
        try {
            question.run();
        } catch (KafkaException | IllegalStateException e) {
            log.debug("What becomes of records in partitions of route '{}' is not known yet", route, e);
        }
    }

    private void resolveByPosition(Map<TopicPartition, Partition> here, Predicate<TopicPartition> isWaiting) {
        here.forEach((known, partition) -> {
            if (!isWaiting.test(known)) {
                handler.passed(partition, consumer.get().position(known, TIMEOUT));
            }
        });
    }

    /** A log that was made anew can end before the records that an earlier process had read. */
    private void resolveByEnd(Map<TopicPartition, Partition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        consumer.get().endOffsets(partitions.keySet(), TIMEOUT).forEach((known, end) -> {
            Partition partition = partitions.get(known);
            if (partition != null && handler.ended(partition, end)) {
                tellGone(known, "ends at offset " + end);
            }
        });
    }

    private void tellGone(TopicPartition partition, String why) {
        log.warn(
                "Route '{}': '{}' {}, and records are gone whose messages were on their way: the topic was made anew, or its"
                        + " log was cut; the packet ids of those messages are given up",
                route,
                partition,
                why);
    }

    private void resolveElsewhere(Map<TopicPartition, Partition> elsewhere) {
        if (elsewhere.isEmpty()) {
            return;
        }
        // Another member may have published them meanwhile.
        consumer.get().committed(elsewhere.keySet(), TIMEOUT).forEach((known, offset) -> {
            Partition partition = elsewhere.get(known);
            if (offset != null && partition != null) {
                handler.passed(partition, offset.offset());
            }
        });
        Map<TopicPartition, Partition> there = new HashMap<>();
        elsewhere.forEach((known, partition) -> {
            if (exists(known)) {
                absent.remove(known);
                there.put(known, partition);
            } else if (!absent.add(known) && handler.passed(partition, Long.MAX_VALUE)) {
                tellGone(known, "does not exist");
            }
        });
        resolveByEnd(there);
    }

    private boolean exists(TopicPartition partition) {
        List<PartitionInfo> all = consumer.get().partitionsFor(partition.topic(), TIMEOUT);
        return all != null && all.stream().anyMatch(one -> one.partition() == partition.partition());
    }
}
