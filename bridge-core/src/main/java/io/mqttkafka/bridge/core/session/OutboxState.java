package io.mqttkafka.bridge.core.session;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka knows of the QoS 2 messages that one MQTT client publishes: what each packet id stands for, and which records
 * are done although the offset of their group is not past them. Not thread-safe.
 */
public final class OutboxState {
    /** How far a packet id has come. */
    enum Phase {
        /** It stands for a record, and may have been published. */
        ASSIGNED,
        /** The MQTT broker has received the record; PUBREL may have been sent. */
        RELEASED,
        /** It stands for no record any more; PUBREL may have been sent. */
        VOID
    }

    /**
     * A packet id in use.
     *
     * @param phase how far it has come
     * @param record what it stands for; null if for nothing
     */
    record Slot(Phase phase, @Nullable RecordId record) {}

    private final Map<Integer, Slot> slots = new HashMap<>();
    private final Map<Partition, NavigableMap<Long, Long>> done = new HashMap<>();
    private long sequence;

    /** Makes the state of a client that was never seen. */
    public OutboxState() {}

    /**
     * Applies a committed change.
     *
     * @param change the change
     */
    public void apply(OutboxChange change) {
        sequence++;
        change.removed().forEach(slots::remove);
        change.puts().forEach(put -> put(put.packetId(), put.phase(), put.record()));
        change.done().forEach(this::markDone);
        change.committed().forEach(this::committed);
    }

    /** Returns what this becomes by a change, and leaves this as it is. */
    OutboxState after(OutboxChange change) {
        OutboxState after = new OutboxState();
        after.sequence = sequence;
        after.slots.putAll(slots);
        done.forEach((partition, offsets) -> after.done.put(partition, new TreeMap<>(offsets)));
        after.apply(change);
        return after;
    }

    /** Returns how many transactions there were. */
    public long sequence() {
        return sequence;
    }

    /** Returns how many packet ids are in use. */
    public int size() {
        return slots.size();
    }

    /** Returns the packet ids in use. */
    Map<Integer, Slot> slots() {
        return slots;
    }

    /** Returns the records that are done, as offsets with their fingerprints. */
    Map<Partition, NavigableMap<Long, Long>> done() {
        return done;
    }

    void sequence(long now) {
        sequence = now;
    }

    /** Notes a phase; the record stays what it was if none is given, unless the id stands for none now. */
    void put(int packetId, Phase phase, @Nullable RecordId record) {
        RecordId kept = record;
        if (kept == null && phase != Phase.VOID) {
            Slot before = slots.get(packetId);
            kept = before == null ? null : before.record();
        }
        slots.put(packetId, new Slot(kept == null ? Phase.VOID : phase, kept));
    }

    void remove(int packetId) {
        slots.remove(packetId);
    }

    void markDone(RecordId record) {
        done.computeIfAbsent(record.partition(), none -> new TreeMap<>()).put(record.offset(), record.fingerprint());
    }

    void committed(Partition partition, long offset) {
        NavigableMap<Long, Long> offsets = done.get(partition);
        if (offsets != null) {
            offsets.headMap(offset, false).clear();
            if (offsets.isEmpty()) {
                done.remove(partition);
            }
        }
    }
}
