package io.mqttkafka.bridge.core.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The packet ids of QoS 2 that the MQTT broker has not released, and what was received under each of them. It outlives
 * connections as long as the MQTT session does.
 *
 * <p>Ids of durable deliveries leave only when Kafka has the news: until then they wait as releasing, and those that a
 * lost answer made worthless as forgotten. Thread-safe.
 */
final class Qos2Ledger {
    private final PacketIdMap<Delivery> unreleased = new PacketIdMap<>();

    /** Deliveries with ids known to Kafka that the broker has released, in order, until their removal is committed. */
    private final Deque<Delivery> releasing = new ArrayDeque<>();

    /** Durable ids that have lost the meaning Kafka knows, until their removal is committed. */
    private final Set<Integer> forgotten = new LinkedHashSet<>();

    synchronized @Nullable Delivery get(int packetId) {
        return unreleased.get(packetId);
    }

    synchronized void put(Delivery delivery) {
        Delivery before = unreleased.put(delivery.packetId, delivery);
        if (before != null && before.inKafka) {
            // What Kafka knows of the one before must not stand for this one.
            forgotten.add(delivery.packetId);
        }
        delivery.inKafka = delivery.durable || forgotten.contains(delivery.packetId);
    }

    /** Says whether the id of a delivery can be free only when a transaction has removed it. */
    synchronized boolean isInKafka(Delivery delivery) {
        return delivery.inKafka;
    }

    synchronized void remove(int packetId) {
        unreleased.remove(packetId);
    }

    /** Forgets everything, because the broker has lost the session. */
    synchronized void clear() {
        unreleased.clear();
        releasing.clear();
        forgotten.clear();
    }

    /** Replaces what is known of durable ids by what Kafka knows, except for those that Kafka has yet to forget. */
    synchronized void restore(Qos2State state) {
        unreleased.removeIf(delivery -> delivery.durable);
        // Those that stay are released anew on the next connection.
        unreleased.forEach(delivery -> delivery.releasedOn = null);
        releasing.clear();
        state.forEach((id, fingerprint) -> {
            if (!forgotten.contains(id)) {
                Delivery delivery = unreleased.get(id);
                if (delivery == null) {
                    delivery = Delivery.committed(id, fingerprint);
                    unreleased.put(id, delivery);
                }
                delivery.inKafka = true;
            }
        });
    }

    /** Looks for what the broker releases: an id that was forgotten stands for its delivery until Kafka has forgotten it too. */
    synchronized @Nullable Delivery released(int packetId) {
        if (forgotten.contains(packetId) && !unreleased.contains(packetId)) {
            Delivery delivery = Delivery.committed(packetId, 0);
            delivery.inKafka = true;
            unreleased.put(packetId, delivery);
        }
        return unreleased.get(packetId);
    }

    /** Notes that the broker released a delivery whose id Kafka knows; the connection gets its PUBCOMP after the commit. */
    synchronized void release(Delivery delivery, SourceSession.Connection on) {
        if (delivery.releasedOn == null) {
            releasing.add(delivery);
        }
        // A broker that has an id in use twice releases it twice, and waits for both answers.
        delivery.releases = delivery.releasedOn == on ? delivery.releases + 1 : 1;
        delivery.releasedOn = on;
    }

    /** Forgets the ids that were not seen again on a connection that began in doubt about the session. */
    synchronized void forgetBefore(int epoch) {
        unreleased.removeIf(delivery -> {
            boolean stale = delivery.epoch != epoch && delivery.releasedOn == null;
            if (stale && delivery.inKafka) {
                forgotten.add(delivery.packetId);
            }
            return stale;
        });
    }

    /** Says whether ids that have lost their meaning wait for their removal. */
    synchronized boolean owesForgetting() {
        return !forgotten.isEmpty();
    }

    /** Says whether ids wait for their removal. */
    synchronized boolean owesRemovals() {
        return !releasing.isEmpty() || !forgotten.isEmpty();
    }

    /** Lists what the next transaction has to write: ids to remove, and ids of these deliveries to add. */
    synchronized Qos2Change change(boolean newGeneration, List<Delivery> deliveries) {
        List<Delivery> released = new ArrayList<>(releasing);
        List<Integer> removed = new ArrayList<>(released.size() + forgotten.size());
        for (Delivery delivery : released) {
            if (unreleased.get(delivery.packetId) == delivery) {
                removed.add(delivery.packetId);
            }
        }
        if (!forgotten.isEmpty()) {
            Set<Integer> already = new HashSet<>(removed);
            for (Integer id : forgotten) {
                if (already.add(id)) {
                    removed.add(id);
                }
            }
        }
        List<Delivery> added = new ArrayList<>(deliveries.size());
        for (Delivery delivery : deliveries) {
            // A session that the broker has lost, or a message that took its id, has made the others worthless.
            if (unreleased.get(delivery.packetId) == delivery) {
                added.add(delivery);
            }
        }
        return new Qos2Change(newGeneration, removed, added, released, List.copyOf(forgotten));
    }

    /** Notes that a change is committed; hands out the ids whose PUBCOMP may leave on this connection. */
    synchronized void committed(
            Qos2Change change, SourceSession.@Nullable Connection connection, IntConsumer completed) {
        for (Delivery delivery : change.released()) {
            // Not there any more if the broker has lost the session meanwhile.
            if (releasing.remove(delivery)) {
                unreleased.remove(delivery.packetId, delivery);
                if (delivery.releasedOn == connection) {
                    for (int i = 0; i < delivery.releases; i++) {
                        completed.accept(delivery.packetId);
                    }
                }
            }
        }
        change.forgotten().forEach(forgotten::remove);
    }

    synchronized int size() {
        return unreleased.size();
    }
}
