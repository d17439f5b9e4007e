package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The packet ids of the {@link Outbox}, and what each stands for. Guarded by the outbox. */
final class OutboxIds {
    /** MQTT wants releases in the order in which the messages were received; what an earlier process has received is first. */
    static final Comparator<OutboxEntry> ORDER_OF_RECEIPT = Comparator.comparingLong((OutboxEntry one) -> one.released)
            .thenComparingLong(one -> one.record == null ? -1 : one.record.offset());

    private final @Nullable OutboxEntry[] byId;
    private int lastId = -1;
    private int used;

    OutboxIds(int count) {
        byId = new OutboxEntry[count];
    }

    @Nullable
    OutboxEntry find(int packetId) {
        int index = packetId - Outbox.FIRST_ID;
        return index < byId.length ? byId[index] : null;
    }

    boolean isFree(int packetId) {
        return byId[packetId - Outbox.FIRST_ID] == null;
    }

    /** Says whether an entry is still what its id stands for. */
    boolean isAlive(OutboxEntry one) {
        return byId[one.packetId - Outbox.FIRST_ID] == one;
    }

    /** Takes an entry over that an earlier process has made. */
    void restore(OutboxEntry one) {
        byId[one.packetId - Outbox.FIRST_ID] = one;
        used++;
    }

    /** Gives a record the next free id; null if there is none. */
    @Nullable
    OutboxEntry assign(RecordId record) {
        if (used == byId.length) {
            return null;
        }
        do {
            lastId = (lastId + 1) % byId.length;
        } while (byId[lastId] != null);
        OutboxEntry one = new OutboxEntry(Outbox.FIRST_ID + lastId, record, Phase.ASSIGNED);
        byId[lastId] = one;
        used++;
        return one;
    }

    void free(OutboxEntry one) {
        byId[one.packetId - Outbox.FIRST_ID] = null;
        used--;
    }

    List<OutboxEntry> inOrderOfReceipt() {
        List<OutboxEntry> all = new ArrayList<>();
        forEach(all::add);
        all.sort(ORDER_OF_RECEIPT);
        return all;
    }

    void forEach(Consumer<OutboxEntry> action) {
        for (OutboxEntry one : byId) {
            if (one != null) {
                action.accept(one);
            }
        }
    }

    boolean any(Predicate<OutboxEntry> condition) {
        for (OutboxEntry one : byId) {
            if (one != null && condition.test(one)) {
                return true;
            }
        }
        return false;
    }
}
