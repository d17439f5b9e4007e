package io.mqttkafka.bridge.core.session;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What Kafka knows of the packet ids of one MQTT client: which are in use, and what was received under each.
 *
 * <p>A generation is the life of one MQTT session; a sequence number counts the transactions. Not thread-safe.
 */
public final class Qos2State {
    /** Takes an id in use. */
    @FunctionalInterface
    public interface EachId {
        /**
         * Takes it.
         *
         * @param packetId the id
         * @param fingerprint a hash of what was received under it
         */
        void accept(int packetId, long fingerprint);
    }

    private final BitSet used = new BitSet();

    /** By packet id; grows with the highest one. */
    private long[] fingerprints = {};

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
            used.clear();
        }
        for (int id : change.removed()) {
            used.clear(id);
        }
        for (Delivery delivery : change.added()) {
            put(delivery.packetId, delivery.fingerprint);
        }
    }

    /** Returns what this becomes by a change, and leaves this as it is. */
    Qos2State after(Qos2Change change) {
        Qos2State after = new Qos2State();
        after.set(generation, sequence);
        after.used.or(used);
        after.fingerprints = fingerprints.clone();
        after.apply(change);
        return after;
    }

    /**
     * Hands out every id in use with the fingerprint of its message, from the lowest id.
     *
     * @param each takes id and fingerprint
     */
    public void forEach(EachId each) {
        for (int id = used.nextSetBit(0); id >= 0; id = used.nextSetBit(id + 1)) {
            each.accept(id, fingerprints[id]);
        }
    }

    /** Returns how many ids are in use. */
    public int size() {
        return used.cardinality();
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
        used.clear();
    }

    void put(int packetId, long fingerprint) {
        if (packetId >= fingerprints.length) {
            fingerprints = Arrays.copyOf(fingerprints, PacketIdMap.lengthFor(packetId));
        }
        fingerprints[packetId] = fingerprint;
        used.set(packetId);
    }

    void remove(int packetId) {
        used.clear(packetId);
    }
}
