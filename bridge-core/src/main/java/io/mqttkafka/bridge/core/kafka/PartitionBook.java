package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The books of the partitions that one route reads: what was read and is not taken, what is taken and not settled, and up to
 * where each may be committed. It asks no consumer, so that whoever has the records can keep them.
 *
 * <p>Per partition, only the offset before which everything is settled may be committed. For the thread that calls the handler.
 */
public final class PartitionBook {
    /**
     * The most records taken and not committed; each is remembered, here and by exactly once in Kafka, with up to 21 bytes in
     * one entry for all routes of a connection, of which Kafka takes 1 MiB.
     */
    public static final int MOST_OPEN = 32_768;

    private static final Logger log = LoggerFactory.getLogger(PartitionBook.class);
    private static final long NO_TIMESTAMP = -1;

    /** Whoever reads the partitions. */
    public interface Owner {
        /**
         * Tells that what was known of a partition is forgotten: its records come from an earlier offset again.
         *
         * @param partition the partition
         */
        void begunAnew(TopicPartition partition);

        /**
         * Tells that a record of an {@linkplain RecordHandler#urgent urgent} partition was handed out.
         *
         * @param partition the partition
         * @param offset the offset of the record
         */
        void urgentTaken(Partition partition, long offset);
    }

    /** A record that was read and not taken yet, or that could not be read. */
    private record Waiting(
            TopicPartition partition,
            KafkaMessage message,
            @Nullable String excess,
            OffsetLedger.Entry entry,
            @Nullable DeliveryException unreadable) {}

    /** Offsets that are being committed. What is begun anew meanwhile is not told of their end. */
    public final class Commit {
        private final Map<TopicPartition, Long> offsets;
        private final Map<TopicPartition, OffsetLedger> asked;

        private Commit(Map<TopicPartition, Long> offsets) {
            this.offsets = offsets;
            asked = offsets.isEmpty() ? Map.of() : Map.copyOf(ledgers);
        }

        /** Returns the offsets; empty if there is nothing to commit. */
        public Map<TopicPartition, Long> offsets() {
            return Map.copyOf(offsets);
        }

        /** Kafka has them. */
        public void done() {
            forgetOutdated();
            offsets.forEach((partition, offset) -> {
                handler.committed(partition.topic(), partition.partition(), offset);
                OffsetLedger ledger = ledgers.get(partition);
                if (ledger != null) {
                    long before = counted.getOrDefault(partition, 0L);
                    counted.put(partition, ledger.settled());
                    handler.committed(ledger.settled() - before);
                }
            });
        }

        /** Whether Kafka has them nobody knows: they are to be committed again. */
        public void failed() {
            forgetOutdated();
            commitAgain(offsets.keySet());
        }

        /** The offset of a partition that was begun anew meanwhile means nothing any more. */
        private void forgetOutdated() {
            offsets.keySet().removeIf(partition -> {
                OffsetLedger now = ledgers.get(partition);
                return now != null && now != asked.get(partition);
            });
        }
    }

    private final String route;
    private final int mostOpen;
    private final RecordHandler handler;
    private final Owner owner;
    private final Map<TopicPartition, OffsetLedger> ledgers = new HashMap<>();

    /** How many settled records of a partition the handler has been told of. */
    private final Map<TopicPartition, Long> counted = new HashMap<>();

    private final Deque<Waiting> backlog = new ArrayDeque<>();

    /**
     * Makes books without partitions.
     *
     * @param route the name of the route
     * @param mostOpen the most records that are taken and not committed
     * @param handler takes the records
     * @param owner reads the partitions
     */
    public PartitionBook(String route, int mostOpen, RecordHandler handler, Owner owner) {
        this.route = route;
        this.mostOpen = mostOpen;
        this.handler = handler;
        this.owner = owner;
    }

    // Partitions.

    /**
     * Opens the books of partitions that are read from here on.
     *
     * @param partitions the partitions
     */
    public void assigned(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            ledgers.put(partition, new OffsetLedger());
            counted.remove(partition);
        });
    }

    /**
     * Hands out no more of what was read of partitions.
     *
     * @param partitions the partitions
     */
    public void dropWaiting(Collection<TopicPartition> partitions) {
        backlog.removeIf(record -> partitions.contains(record.partition()));
    }

    /** Hands out no more of what was read. */
    public void dropWaiting() {
        backlog.clear();
    }

    /**
     * Closes the books of partitions: their records are given back, late outcomes mean nothing.
     *
     * @param partitions the partitions
     */
    public void abandon(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            OffsetLedger ledger = ledgers.remove(partition);
            if (ledger != null) {
                ledger.abandon();
                handler.revoked(partition.topic(), partition.partition());
            }
        }
    }

    /**
     * Forgets what is known of a partition that begins anew: its offsets stand for other records, or are read again.
     *
     * @param partition the partition
     * @param offset where it begins
     */
    public void beginAnew(TopicPartition partition, long offset) {
        dropWaiting(List.of(partition));
        abandon(List.of(partition));
        counted.remove(partition);
        owner.begunAnew(partition);
        // What is known to be committed would hide what is done from here on.
        handler.committed(partition.topic(), partition.partition(), offset);
        // Here to be looked after before the first record comes.
        ledger(partition);
    }

    /** Returns the partitions that are read. */
    public Set<TopicPartition> partitions() {
        return Set.copyOf(ledgers.keySet());
    }

    /**
     * Says whether a partition is read.
     *
     * @param partition the partition
     * @return whether it is
     */
    public boolean reads(TopicPartition partition) {
        return ledgers.containsKey(partition);
    }

    /** Says whether no partition is read. */
    public boolean isEmpty() {
        return ledgers.isEmpty();
    }

    // Records.

    /**
     * Adds a record that was read. An offset that lies before what was read begins the partition anew.
     *
     * @param partition its partition
     * @param message the record
     * @param excess why it fails in any case; null if it does not
     */
    public void read(TopicPartition partition, KafkaMessage message, @Nullable String excess) {
        beginAnewIfBehind(partition, message.offset());
        backlog.add(new Waiting(partition, message, excess, entry(partition, message.offset()), null));
    }

    /**
     * Adds a record that cannot be read, in its place among the others.
     *
     * @param partition its partition
     * @param offset its offset
     * @param cause why
     */
    public void unreadable(TopicPartition partition, long offset, DeliveryException cause) {
        beginAnewIfBehind(partition, offset);
        OffsetLedger.Entry entry = entry(partition, offset);
        KafkaMessage nothing =
                new KafkaMessage(partition.topic(), partition.partition(), offset, NO_TIMESTAMP, null, null, List.of());
        backlog.add(new Waiting(partition, nothing, null, entry, cause));
    }

    /**
     * Tells that there is nothing below an offset that has not been read.
     *
     * @param partition the partition
     * @param next the first offset that has not been looked at
     */
    public void readUpTo(TopicPartition partition, long next) {
        beginAnewIfBehind(partition, next);
        ledger(partition).readUpTo(next);
    }

    private OffsetLedger.Entry entry(TopicPartition partition, long offset) {
        OffsetLedger.Entry entry = ledger(partition).read(offset);
        entry.received(handler.nanos());
        return entry;
    }

    private OffsetLedger ledger(TopicPartition partition) {
        return ledgers.computeIfAbsent(partition, one -> new OffsetLedger());
    }

    /** What is known of a partition that goes back is of no use. */
    private void beginAnewIfBehind(TopicPartition partition, long offset) {
        if (!ledger(partition).isBehind(offset)) {
            return;
        }
        log.warn(
                "Route '{}' goes back to offset {} of '{}': the topic was made anew, its log was cut, or the offset of the"
                        + " group was lost; what is there is published, also if it was before",
                route,
                offset,
                partition);
        beginAnew(partition, offset);
    }

    /**
     * Hands out what was read, as far as the handler takes it; of {@linkplain RecordHandler#urgent urgent} partitions first.
     *
     * @return whether everything was taken, and more would be
     */
    public boolean handOut() {
        boolean free;
        Waiting next;
        int room = mostOpen - uncommitted() + backlog.size();
        do {
            free = handler.ready() && room-- > 0;
            Collection<Partition> urgent = handler.urgent();
            if (urgent.stream().anyMatch(partition -> ledgers.containsKey(GoneRecords.topicPartition(partition)))) {
                next = nextUrgent(urgent);
            } else {
                next = free ? backlog.poll() : null;
            }
            if (next != null) {
                hand(next);
            }
        } while (next != null);
        handler.flush();
        return free;
    }

    private void hand(Waiting next) {
        DeliveryException unreadable = next.unreadable();
        if (unreadable == null) {
            handler.take(next.message(), next.excess(), next.entry());
        } else {
            handler.unreadable(next.message(), next.entry(), unreadable);
        }
    }

    /** The next record of an urgent partition; null if none may be taken. The others wait. */
    private @Nullable Waiting nextUrgent(Collection<Partition> urgent) {
        for (Partition partition : urgent) {
            Waiting first = firstOf(GoneRecords.topicPartition(partition));
            if (first != null && handler.readyFor(partition)) {
                backlog.remove(first);
                owner.urgentTaken(partition, first.message().offset());
                return first;
            }
        }
        return null;
    }

    private @Nullable Waiting firstOf(TopicPartition partition) {
        for (Waiting record : backlog) {
            if (record.partition().equals(partition)) {
                return record;
            }
        }
        return null;
    }

    /**
     * Says whether a record of a partition has been read and waits to be taken.
     *
     * @param partition the partition
     * @return whether one does
     */
    public boolean isWaiting(TopicPartition partition) {
        return firstOf(partition) != null;
    }

    /** Counts the records that were read and wait to be taken. */
    public int waiting() {
        return backlog.size();
    }

    /** Says whether so much is not committed that nothing more may be read. */
    public boolean isFarAhead() {
        return uncommitted() >= mostOpen;
    }

    /** Counts the records that are read, and not committed as far as we know. */
    public int uncommitted() {
        long uncommitted = 0;
        for (Map.Entry<TopicPartition, OffsetLedger> one : ledgers.entrySet()) {
            OffsetLedger ledger = one.getValue();
            uncommitted += ledger.open() + ledger.settled() - counted.getOrDefault(one.getKey(), 0L);
        }
        return (int) uncommitted;
    }

    /**
     * Says whether a record of one of the partitions is on its way.
     *
     * @param partitions the partitions
     * @return whether one is
     */
    public boolean anyInFlight(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            OffsetLedger ledger = ledgers.get(partition);
            if (ledger != null && ledger.anyInFlight()) {
                return true;
            }
        }
        return false;
    }

    // Committing.

    /**
     * Takes the offsets to commit, of those partitions whose offset has moved since it was last taken.
     *
     * @param partitions the partitions
     * @return the commit, whose end has to be told
     */
    public Commit commit(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            OffsetLedger ledger = ledgers.get(partition);
            long offset = ledger == null ? -1 : ledger.takeCommittable();
            if (offset >= 0) {
                offsets.put(partition, offset);
            }
        }
        return new Commit(offsets);
    }

    /**
     * Makes offsets that were taken count as not committed, so that they are taken again: to commit one twice does no harm.
     *
     * @param partitions the partitions
     */
    public void commitAgain(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            OffsetLedger ledger = ledgers.get(partition);
            if (ledger != null) {
                ledger.commitFailed();
            }
        }
    }

    /** Shows how much there is, no contents. */
    @Override
    public String toString() {
        return "PartitionBook[" + ledgers.size() + " partitions, " + backlog.size() + " waiting, " + uncommitted()
                + " not committed]";
    }
}
