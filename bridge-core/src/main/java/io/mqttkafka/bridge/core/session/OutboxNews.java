package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What Kafka has to be told of the {@link Outbox}: packet ids and how far they have come, ids that are free, records that are
 * done, offsets behind which marks are of no use. Guarded by the outbox.
 */
final class OutboxNews {
    private final OutboxRecords records;
    private final Predicate<OutboxEntry> alive;
    private final List<OutboxEntry> changed = new ArrayList<>();
    private final Set<Integer> freed = new LinkedHashSet<>();
    private final List<RecordId> marks = new ArrayList<>();
    private final Map<Partition, Long> offsets = new LinkedHashMap<>();

    /**
     * Makes news of nothing.
     *
     * @param alive says whether an entry is still what its packet id stands for
     */
    OutboxNews(OutboxRecords records, Predicate<OutboxEntry> alive) {
        this.records = records;
        this.alive = alive;
    }

    /** Forgets everything: it is about to be compared with what Kafka knows. */
    void clear() {
        for (OutboxEntry one : changed) {
            one.listed = false;
            one.writing = null;
        }
        changed.clear();
        freed.clear();
        marks.clear();
        offsets.clear();
    }

    /** Tells how far an entry has come, if Kafka does not know. */
    void list(OutboxEntry one) {
        if (!one.listed && isToBeWritten(one)) {
            one.listed = true;
            changed.add(one);
        }
    }

    private boolean isToBeWritten(OutboxEntry one) {
        return one.wanted != one.durable && !one.isUngranted() && alive.test(one);
    }

    void free(int packetId) {
        freed.add(packetId);
    }

    boolean isFreed(int packetId) {
        return !freed.isEmpty() && freed.contains(packetId);
    }

    /** A record is done, although its offset is not committed. */
    void done(RecordId record) {
        if (records.done(record)) {
            marks.add(record);
        }
    }

    void offset(Partition partition, long offset) {
        offsets.put(partition, offset);
    }

    /** Tells which marks Kafka does not know, and where those it knows may be of no use. */
    void compareMarks(OutboxState state) {
        records.forEach((partition, known) -> {
            Map<Long, Long> there = state.done().getOrDefault(partition, new TreeMap<>());
            known.done.forEach((offset, fingerprint) -> {
                if (!fingerprint.equals(there.get(offset))) {
                    marks.add(new RecordId(partition, offset, fingerprint));
                }
            });
            if (!there.isEmpty()) {
                offsets.put(partition, known.committed);
            }
        });
    }

    /** What the next transaction has to write; nothing is forgotten. */
    OutboxChange change() {
        List<Put> puts = new ArrayList<>(changed.size());
        for (OutboxEntry one : changed) {
            one.writing = null;
            if (isToBeWritten(one)) {
                one.writing = one.wanted;
                boolean known =
                        one.wanted == Phase.VOID || (one.wanted == Phase.RELEASED && one.durable == Phase.ASSIGNED);
                puts.add(new Put(one, one.wanted, known ? null : one.record));
            }
        }
        List<RecordId> done = new ArrayList<>(marks.size());
        for (RecordId mark : marks) {
            if (mark.offset() >= records.of(mark.partition()).committed) {
                done.add(mark);
            }
        }
        return new OutboxChange(puts, List.copyOf(freed), done, Map.copyOf(offsets), changed.size(), marks.size());
    }

    /** A change is written; returns the entries that had asked for it, which may have changed since. */
    List<OutboxEntry> written(OutboxChange change) {
        List<OutboxEntry> head = changed.subList(0, change.entriesTaken);
        List<OutboxEntry> taken = List.copyOf(head);
        head.clear();
        for (OutboxEntry one : taken) {
            one.listed = false;
            one.writing = null;
        }
        marks.subList(0, change.marksTaken).clear();
        change.removed().forEach(freed::remove);
        change.committed().forEach(offsets::remove);
        return taken;
    }

    /** Counts the entries that wait for a transaction, or a few more. */
    int waiting() {
        return changed.size();
    }
}
