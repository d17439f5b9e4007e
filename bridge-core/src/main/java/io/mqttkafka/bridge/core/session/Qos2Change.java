package io.mqttkafka.bridge.core.session;

import java.util.List;

/**
 * What one transaction changes in the packet ids of QoS 2: first the removals, then the additions.
 *
 * <p>Immutable. Made by {@link SourceSession#change}, to be given back to {@link SourceSession#committed}.
 */
public final class Qos2Change {
    private final boolean newGeneration;
    private final List<Integer> removed;
    private final List<Delivery> added;
    private final List<Delivery> released;
    private final List<Integer> forgotten;

    Qos2Change(
            boolean newGeneration,
            List<Integer> removed,
            List<Delivery> added,
            List<Delivery> released,
            List<Integer> forgotten) {
        this.newGeneration = newGeneration;
        this.removed = removed;
        this.added = added;
        this.released = released;
        this.forgotten = forgotten;
    }

    /** Says whether the broker has begun a new session, so that all ids known before are void. */
    public boolean newGeneration() {
        return newGeneration;
    }

    /** Says whether there is nothing to write. */
    public boolean isEmpty() {
        return !newGeneration && removed.isEmpty() && added.isEmpty() && released.isEmpty();
    }

    /** Says whether packet ids are removed. */
    public boolean removes() {
        return !removed.isEmpty();
    }

    /** The packet ids to remove. */
    List<Integer> removed() {
        return removed;
    }

    /** The deliveries whose packet ids are to be added. */
    List<Delivery> added() {
        return added;
    }

    /** The deliveries whose PUBCOMP waits for this change. */
    List<Delivery> released() {
        return released;
    }

    List<Integer> forgotten() {
        return forgotten;
    }
}
