package io.mqttkafka.bridge.core.session;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes {@link Qos2State} as a row of small entries and reads it back: one entry for each transaction, either what it
 * changed or, now and then, everything.
 *
 * <p>An entry lies in one of {@link #SLOTS} slots and replaces the one that lay there before, so that a compacted topic keeps
 * no more than that. A whole entry comes twice in each round of the slots: whatever the topic has kept, the last whole entry
 * and all changes after it are there.
 */
public final class Qos2Journal {
    /** How many slots there are; the keys of the compacted topic end with their number. */
    public static final int SLOTS = 64;

    private static final byte VERSION = 1;
    private static final byte WHOLE = 1;
    private static final byte CHANGE = 2;
    private static final int HEAD_BYTES = 1 + 1 + 2 * Long.BYTES + 2 * Integer.BYTES;
    private static final int ID_BYTES = Short.BYTES + Long.BYTES;

    private Qos2Journal() {}

    /**
     * One entry.
     *
     * @param slot where it lies, from 0 to {@link #SLOTS} - 1
     * @param bytes what it says
     */
    public record Entry(int slot, byte[] bytes) {}

    /**
     * Writes the entry of a transaction.
     *
     * @param before the committed state that the change applies to
     * @param change the change
     * @return the entry
     */
    public static Entry write(Qos2State before, Qos2Change change) {
        long sequence = before.sequence() + 1;
        int slot = (int) (sequence % SLOTS);
        boolean whole = change.newGeneration() || slot % (SLOTS / 2) == 0 || sequence == 1;
        return new Entry(slot, whole ? whole(before.after(change)) : change(before, sequence, change));
    }

    private static byte[] whole(Qos2State state) {
        ByteBuffer out = head(WHOLE, state.generation(), state.sequence(), 0, state.size());
        out.putInt(0).putInt(state.size());
        state.forEach((id, fingerprint) -> out.putShort((short) id).putLong(fingerprint));
        return out.array();
    }

    private static byte[] change(Qos2State before, long sequence, Qos2Change change) {
        int removed = change.removed().size();
        int added = change.added().size();
        ByteBuffer out = head(CHANGE, before.generation(), sequence, removed, added);
        out.putInt(removed);
        for (int id : change.removed()) {
            out.putShort((short) id);
        }
        out.putInt(added);
        for (Delivery delivery : change.added()) {
            out.putShort((short) delivery.packetId).putLong(delivery.fingerprint);
        }
        return out.array();
    }

    private static ByteBuffer head(byte kind, long generation, long sequence, int removed, int added) {
        return ByteBuffer.allocate(HEAD_BYTES + removed * Short.BYTES + added * ID_BYTES)
                .put(VERSION)
                .put(kind)
                .putLong(generation)
                .putLong(sequence);
    }

    /**
     * Reads the state back.
     *
     * @param entries the entries that are left, in any order
     * @return the state after the last of them
     * @throws IllegalArgumentException if they are not what {@link #write} wrote: a gap, say, or a version unknown to us
     */
    public static Qos2State read(List<byte[]> entries) {
        List<ByteBuffer> inOrder = entries.stream()
                .map(Qos2Journal::readable)
                .sorted(Comparator.comparingLong(Qos2Journal::sequence))
                .collect(Collectors.toList());
        int first = 0;
        for (int i = 0; i < inOrder.size(); i++) {
            if (inOrder.get(i).get(1) == WHOLE) {
                first = i;
            }
        }
        Qos2State state = new Qos2State();
        for (ByteBuffer entry : inOrder.subList(first, inOrder.size())) {
            try {
                read(entry, state);
            } catch (BufferUnderflowException e) {
                throw new IllegalArgumentException("an entry of the state of QoS 2 is cut short", e);
            }
        }
        return state;
    }

    private static ByteBuffer readable(byte[] bytes) {
        ByteBuffer entry = ByteBuffer.wrap(bytes);
        if (bytes.length < HEAD_BYTES || entry.get(0) != VERSION) {
            throw new IllegalArgumentException(
                    "an entry of the state of QoS 2 is of a form that this version cannot read");
        }
        return entry;
    }

    private static long sequence(ByteBuffer entry) {
        return entry.getLong(2 + Long.BYTES);
    }

    private static void read(ByteBuffer in, Qos2State state) {
        in.position(1);
        boolean whole = in.get() == WHOLE;
        long generation = in.getLong();
        long sequence = in.getLong();
        if (!whole && sequence != state.sequence() + 1) {
            throw new IllegalArgumentException("the state of QoS 2 has a gap before entry " + sequence);
        }
        if (whole) {
            state.clear();
        }
        state.set(generation, sequence);
        int removed = in.getInt();
        for (int i = 0; i < removed; i++) {
            state.remove(in.getShort() & 0xFFFF);
        }
        int added = in.getInt();
        for (int i = 0; i < added; i++) {
            state.put(in.getShort() & 0xFFFF, in.getLong());
        }
    }
}
