package io.mqttkafka.bridge.core.session;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The transactional side of {@link ModelKafka} and its compacted state topic: the records of a transaction and its entry can
 * be read together or never.
 *
 * <p>Compaction is as harsh as can be: only the newest entry of each slot is left. What the topic says is known here twice,
 * as entries and as the plain truth, so that the reading of entries is put to the test as well.
 */
final class ModelTransactions {
    /**
     * A transaction.
     *
     * @param clientId whose
     * @param units the messages whose records it holds
     * @param change what it changes in the state
     * @param entry that change as it is written
     */
    record Transaction(String clientId, List<Receipt> units, Qos2Change change, Qos2Journal.Entry entry) {
        List<Delivery> deliveries() {
            return units.stream().map(unit -> unit.delivery).toList();
        }

        @Override
        public String toString() {
            return "transaction of " + units.stream().map(unit -> unit.message).toList() + ", "
                    + (change.newGeneration() ? "new generation, " : "")
                    + "removing " + change.removed()
                    + ", adding "
                    + change.added().stream().map(delivery -> delivery.packetId).toList();
        }
    }

    private final ModelKafka kafka;
    private final Map<String, Map<Integer, byte[]>> committed = new HashMap<>();
    private final Map<String, Map<Integer, byte[]>> written = new HashMap<>();

    /** The truth: which message each id in the state stands for. */
    private final Map<Integer, Message> ids = new TreeMap<>();

    /** Ids of a session that is no more, restored by a process that cannot know. */
    private final BitSet stale = new BitSet();

    private Transaction open;
    private boolean openIsCommitted;

    ModelTransactions(ModelKafka kafka) {
        this.kafka = kafka;
    }

    void begin(Transaction transaction) {
        open = transaction;
        openIsCommitted = false;
        put(written, transaction);
    }

    /** The transaction whose end the producer has not heard of; null if there is none. */
    Transaction open() {
        return open;
    }

    boolean openIsCommitted() {
        return openIsCommitted;
    }

    /** Makes everything in it readable. */
    void commit() {
        openIsCommitted = true;
        put(committed, open);
        Qos2Change change = open.change();
        if (change.newGeneration()) {
            ids.clear();
            stale.clear();
        }
        for (int id : change.removed()) {
            ids.remove(id);
            stale.clear(id);
        }
        for (Delivery delivery : change.added()) {
            ids.put(delivery.packetId, ((Receipt) delivery.tag()).message);
            stale.clear(delivery.packetId);
        }
        for (Receipt unit : open.units()) {
            for (int route = 0; route < unit.message.routes(); route++) {
                kafka.append(unit, route);
            }
        }
    }

    /** Ends the transaction; what is not committed by now never will be. */
    Transaction end() {
        Transaction ended = open;
        open = null;
        openIsCommitted = false;
        return ended;
    }

    private static void put(Map<String, Map<Integer, byte[]>> topic, Transaction transaction) {
        topic.computeIfAbsent(transaction.clientId(), client -> new HashMap<>())
                .put(transaction.entry().slot(), transaction.entry().bytes());
    }

    /** What a consumer of committed records finds. */
    List<byte[]> read(String clientId) {
        return new ArrayList<>(committed.getOrDefault(clientId, Map.of()).values());
    }

    /** What a consumer finds that reads aborted records as well. */
    List<byte[]> readUncommitted(String clientId) {
        return new ArrayList<>(written.getOrDefault(clientId, Map.of()).values());
    }

    /** Which message each id in the committed state stands for. */
    Map<Integer, Message> ids() {
        return ids;
    }

    /** Notes that nobody is left who could know that these ids mean nothing any more. */
    void markStale(int id) {
        stale.set(id);
    }

    boolean isStale(int id) {
        return stale.get(id);
    }

    int staleIds() {
        return stale.cardinality();
    }
}
