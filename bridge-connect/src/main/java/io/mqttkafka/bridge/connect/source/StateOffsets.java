package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.core.session.Qos2Journal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;

/**
 * How the packet ids of QoS 2 lie in the source offsets of a worker: one source partition for each slot of the journal, whose
 * offset is the entry.
 */
public final class StateOffsets {
    private static final String CLIENT = "client";
    private static final String SLOT = "slot";
    private static final String ENTRY = "entry";

    private StateOffsets() {}

    /**
     * Returns the source partition of records that are acknowledged one by one.
     *
     * @param clientId the MQTT client id
     * @return the partition
     */
    static Map<String, ?> partition(String clientId) {
        return Map.of(CLIENT, clientId);
    }

    /** Always in the same order: a worker finds it by its bytes, and {@code Map.of} has another order in each JVM. */
    static Map<String, Object> partition(String clientId, int slot) {
        Map<String, Object> ordered = new LinkedHashMap<>();
        ordered.put(CLIENT, clientId);
        ordered.put(SLOT, (long) slot);
        return Collections.unmodifiableMap(ordered);
    }

    static Collection<Map<String, Object>> partitions(String clientId) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (int slot = 0; slot < Qos2Journal.SLOTS; slot++) {
            all.add(partition(clientId, slot));
        }
        return all;
    }

    static Map<String, ?> offset(Qos2Journal.Entry entry) {
        return Map.of(ENTRY, Base64.getEncoder().encodeToString(entry.bytes()));
    }

    /** Returns the entry that an offset says; null if there is none. */
    static byte @Nullable [] entry(@Nullable Map<String, Object> offset) {
        Object entry = offset == null ? null : offset.get(ENTRY);
        return entry == null ? null : Base64.getDecoder().decode(entry.toString());
    }

    /**
     * Says why an offset that a user wants to set is none of ours: they can be removed, which forgets the packet ids, but not made
     * up.
     *
     * @param partition the source partition
     * @param offset the offset; null to remove it
     * @throws ConnectException if it is not one that can be removed
     */
    public static void requireRemovable(Map<String, ?> partition, @Nullable Map<String, ?> offset) {
        if (!partition.containsKey(CLIENT)) {
            throw new ConnectException(
                    "the source partition " + partition
                            + " is none of this connector's: it has no 'client'; ask for the offsets first, and send those partitions");
        }
        if (offset != null) {
            throw new ConnectException("the offset of " + partition
                    + " cannot be set: it holds packet ids of the MQTT session, which nobody can know better; send null to"
                    + " forget them, after which messages that are under way can be repeated");
        }
    }
}
