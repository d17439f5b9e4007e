package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.ExpectedRecords.Recollection;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link Outbox} knows of records: which have packet ids, which are done although their offset is not committed, and
 * which an earlier process had sent and have not come again. Guarded by the outbox.
 */
final class OutboxRecords {
    /** What is known of the records of one partition. */
    static final class Known {
        final Map<Long, OutboxEntry> open = new HashMap<>();

        /** Offsets and fingerprints of records that are done, as long as the committed offset is not past them. */
        final NavigableMap<Long, Long> done = new TreeMap<>();

        /** The committed offset, as far as we know. */
        long committed;

        /** How many of the open ones were restored and have not become messages. */
        private int restored;

        private boolean restoredFrom(long offset) {
            return restored > 0
                    && open.values().stream()
                            .anyMatch(
                                    one -> one.isUnpublished() && one.record != null && one.record.offset() >= offset);
        }

        /** Says whether any was restored that has not become a message. */
        boolean anyRestored() {
            return restored > 0;
        }

        /** Those between two offsets that were restored and have not come. */
        List<OutboxEntry> missing(long from, long before) {
            List<OutboxEntry> missing = new ArrayList<>();
            for (OutboxEntry one : open.values()) {
                RecordId record = one.record;
                if (record != null
                        && record.offset() >= from
                        && record.offset() < before
                        && one.isUnpublished()
                        && !one.claimed) {
                    missing.add(one);
                }
            }
            return missing;
        }
    }

    private final Map<Partition, Known> known = new HashMap<>();
    private int restored;

    /** What is known of a partition; from now on something is. */
    Known of(Partition partition) {
        return known.computeIfAbsent(partition, none -> new Known());
    }

    /** What is known of a partition; null if nothing is. */
    @Nullable
    Known find(Partition partition) {
        return known.get(partition);
    }

    void forEach(BiConsumer<Partition, Known> action) {
        known.forEach(action);
    }

    /** Takes an entry over that an earlier process has made. */
    void restore(OutboxEntry one, RecordId record) {
        Known there = of(record.partition());
        there.open.put(record.offset(), one);
        there.restored++;
        restored++;
    }

    void add(OutboxEntry one, RecordId record) {
        of(record.partition()).open.put(record.offset(), one);
    }

    /** The entry of a record, if it was restored and has not been published under its id since. */
    @Nullable
    OutboxEntry restored(RecordId record) {
        OutboxEntry one = of(record.partition()).open.get(record.offset());
        return one != null && one.isUnpublished() && record.equals(one.record) ? one : null;
    }

    /** A restored entry is published again. */
    void publish(RecordId record) {
        of(record.partition()).restored--;
        restored--;
    }

    /** Says whether a restored entry of the partition waits for this record or one behind it. */
    boolean anyRestoredFrom(RecordId record) {
        return of(record.partition()).restoredFrom(record.offset());
    }

    void forget(OutboxEntry one) {
        RecordId record = one.record;
        if (record == null) {
            return;
        }
        one.record = null;
        Known there = of(record.partition());
        there.open.remove(record.offset(), one);
        if (one.publication == null) {
            there.restored--;
            restored--;
        }
    }

    /** Says what is known of a record that has come; what its id stood for before is made void. */
    Recollection recall(Known there, RecordId record, ExpectedRecords.Recalled owner, Consumer<OutboxEntry> makeVoid) {
        Long done = there.done.get(record.offset());
        if (done != null && done == record.fingerprint()) {
            return Recollection.DONE;
        }
        if (done != null) {
            there.done.remove(record.offset());
        }
        OutboxEntry one = there.open.get(record.offset());
        if (one == null) {
            return Recollection.UNKNOWN;
        }
        if (!record.equals(one.record)) {
            if (one.publication == null) {
                makeVoid.accept(one);
            } else {
                there.open.remove(record.offset());
            }
            return Recollection.UNKNOWN;
        }
        if (one.publication == null) {
            one.claimed = true;
            if (one.wanted == Phase.ASSIGNED) {
                return Recollection.ASSIGNED;
            }
        }
        one.recalled = owner;
        return Recollection.ON_ITS_WAY;
    }

    /** Remembers that a record is done; false if its offset says so already. */
    boolean done(RecordId record) {
        Known there = of(record.partition());
        if (record.offset() < there.committed) {
            return false;
        }
        there.done.put(record.offset(), record.fingerprint());
        return true;
    }

    /** The offset of a partition is committed; returns whether that makes marks of no use. */
    boolean committed(Partition partition, long offset) {
        Known there = of(partition);
        there.committed = offset;
        NavigableMap<Long, Long> before = there.done.headMap(offset, false);
        if (before.isEmpty()) {
            return false;
        }
        before.clear();
        return true;
    }

    /** The partitions with entries that were restored and have not come. */
    Collection<Partition> unresolved() {
        if (restored == 0) {
            return List.of();
        }
        List<Partition> all = new ArrayList<>();
        known.forEach((partition, there) -> {
            if (there.restored > 0) {
                all.add(partition);
            }
        });
        return all;
    }

    int restored() {
        return restored;
    }
}
