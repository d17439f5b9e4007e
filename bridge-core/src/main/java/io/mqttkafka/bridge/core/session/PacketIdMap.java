package io.mqttkafka.bridge.core.session;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What there is under each packet id: an array that grows with the highest id, because a hash map of boxed numbers costs more
 * than all else that is done for a message. Not thread-safe.
 *
 * @param <V> what lies under an id
 */
final class PacketIdMap<V> {
    static final int PACKET_IDS = 1 << Short.SIZE;
    private static final int FIRST_LENGTH = 16;

    private @Nullable Object[] values = new Object[FIRST_LENGTH];
    private int size;

    /** How long an array has to be that is indexed by packet ids up to this one: not much longer, and rarely longer than before. */
    static int lengthFor(int packetId) {
        return Math.min(PACKET_IDS, Integer.highestOneBit(Math.max(packetId, FIRST_LENGTH)) << 1);
    }

    @SuppressWarnings("unchecked")
    @Nullable
    V get(int packetId) {
        return packetId < values.length ? (V) values[packetId] : null;
    }

    /** Puts a value in and returns the one that it replaces. */
    @Nullable
    V put(int packetId, V value) {
        if (packetId >= values.length) {
            values = Arrays.copyOf(values, lengthFor(packetId));
        }
        V before = get(packetId);
        values[packetId] = value;
        size += before == null ? 1 : 0;
        return before;
    }

    void remove(int packetId) {
        if (contains(packetId)) {
            values[packetId] = null;
            size--;
        }
    }

    /** Removes an id if this very value lies under it. */
    void remove(int packetId, V value) {
        if (get(packetId) == value) {
            remove(packetId);
        }
    }

    boolean contains(int packetId) {
        return get(packetId) != null;
    }

    void removeIf(Predicate<? super V> condition) {
        for (int id = 0; id < values.length; id++) {
            V value = get(id);
            if (value != null && condition.test(value)) {
                remove(id);
            }
        }
    }

    /** Hands out all values, by their ids from the lowest. */
    void forEach(Consumer<? super V> each) {
        for (int id = 0; id < values.length; id++) {
            V value = get(id);
            if (value != null) {
                each.accept(value);
            }
        }
    }

    void clear() {
        Arrays.fill(values, null);
        size = 0;
    }

    int size() {
        return size;
    }
}
