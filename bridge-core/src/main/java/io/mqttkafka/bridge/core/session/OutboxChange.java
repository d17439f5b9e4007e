package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction changes in the {@link OutboxState}: removals of ids, then new phases, then marks, then offsets.
 *
 * <p>Immutable. Made by {@link Outbox#change}, to be given back to {@link Outbox#committed}.
 */
public final class OutboxChange {
    /**
     * The new phase of a packet id.
     *
     * @param entry what it stands for in this process
     * @param phase the phase
     * @param record the record; null if the state has it already, or the id stands for none
     */
    record Put(OutboxEntry entry, Phase phase, @Nullable RecordId record) {
        int packetId() {
            return entry.packetId;
        }
    }

    private final List<Put> puts;
    private final List<Integer> removed;
    private final List<RecordId> done;
    private final Map<Partition, Long> committed;

    /** How many of the entries that waited are in it, or needed nothing any more. */
    final int entriesTaken;

    /** How many of the marks that waited are in it, or needed nothing any more. */
    final int marksTaken;

    OutboxChange(
            List<Put> puts,
            List<Integer> removed,
            List<RecordId> done,
            Map<Partition, Long> committed,
            int entriesTaken,
            int marksTaken) {
        this.puts = puts;
        this.removed = removed;
        this.done = done;
        this.committed = committed;
        this.entriesTaken = entriesTaken;
        this.marksTaken = marksTaken;
    }

    /** Says whether there is nothing to write. */
    public boolean isEmpty() {
        return puts.isEmpty() && removed.isEmpty() && done.isEmpty() && committed.isEmpty();
    }

    /** Says whether messages wait for it. */
    public boolean isAwaited() {
        return !puts.isEmpty();
    }

    /** Says whether records get packet ids, so that messages wait for it. */
    public boolean assigns() {
        return has(Phase.ASSIGNED);
    }

    /** Says whether messages that the MQTT broker has received may be released by it. */
    public boolean releases() {
        return has(Phase.RELEASED);
    }

    private boolean has(Phase phase) {
        for (Put put : puts) {
            if (put.phase() == phase) {
                return true;
            }
        }
        return false;
    }

    /** The new phases of packet ids. */
    List<Put> puts() {
        return puts;
    }

    /** The packet ids that stand for nothing any more. */
    List<Integer> removed() {
        return removed;
    }

    /** The records that are done although an earlier one of their partition may not be. */
    List<RecordId> done() {
        return done;
    }

    /** The committed offset of each partition where it has moved: marks below it are of no use. */
    Map<Partition, Long> committed() {
        return committed;
    }
}
