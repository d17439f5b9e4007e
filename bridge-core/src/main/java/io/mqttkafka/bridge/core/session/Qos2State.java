package io.mqttkafka.bridge.core.session;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What Kafka knows of the packet ids of one MQTT client: which are in use, and what was received under each.
 *
 * <p>A generation is the life of one MQTT session; a sequence number counts the transactions. Not thread-safe.
 */
public final class Qos2State {
    private final Map<Integer, Long> fingerprints = new HashMap<>();
    private long generation;
    private long sequence;

    /** Makes the state of a client that was never seen. */
    public Qos2State() {}

    /**
     * Applies a committed change.
     *
     * @param change the change
     */
    public void apply(Qos2Change change) {
        sequence++;
        if (change.newGeneration()) {
            generation++;
            fingerprints.clear();
        }
        change.removed().forEach(fingerprints::remove);
        change.added().forEach(delivery -> fingerprints.put(delivery.packetId, delivery.fingerprint));
    }

    /** Returns what this becomes by a change, and leaves this as it is. */
    Qos2State after(Qos2Change change) {
        Qos2State after = new Qos2State();
        after.set(generation, sequence);
        after.fingerprints.putAll(fingerprints);
        after.apply(change);
        return after;
    }

    /**
     * Hands out every id in use with the fingerprint of its message.
     *
     * @param each takes id and fingerprint
     */
    public void forEach(BiConsumer<Integer, Long> each) {
        fingerprints.forEach(each);
    }

    /** Returns how many ids are in use. */
    public int size() {
        return fingerprints.size();
    }

    /** Returns how many sessions the MQTT broker has begun. */
    public long generation() {
        return generation;
    }

    /** Returns how many transactions there were. */
    public long sequence() {
        return sequence;
    }

    void set(long generation, long sequence) {
        this.generation = generation;
        this.sequence = sequence;
    }

    void clear() {
        fingerprints.clear();
    }

    void put(int packetId, long fingerprint) {
        fingerprints.put(packetId, fingerprint);
    }

    void remove(int packetId) {
        fingerprints.remove(packetId);
    }
}
