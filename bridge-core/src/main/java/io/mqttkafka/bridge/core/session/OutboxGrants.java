package io.mqttkafka.bridge.core.session;

import org.jspecify.annotations.Nullable;

/**
 * Which messages of the {@link Outbox} may be assigned their packet ids in Kafka: in the order of publishing, as many as the
 * broker has places for. What it has no place for is not assigned: all that is restored may have been sent then. Guarded by the
 * outbox.
 */
final class OutboxGrants {
    private final OutboxPlaces places;
    private final OutboxNews news;
    private final PublishQueue<OutboxEntry> queue;

    /** The first message that is not among those whose packet ids Kafka may know; null if all are. */
    private @Nullable OutboxEntry next;

    OutboxGrants(OutboxPlaces places, OutboxNews news, PublishQueue<OutboxEntry> queue) {
        this.places = places;
        this.news = news;
        this.queue = queue;
    }

    /** A message was published. */
    void appended(OutboxEntry one) {
        if (next == null && one.isUngranted()) {
            next = one;
        }
    }

    /** A message is about to leave the queue. */
    void removing(OutboxEntry one) {
        if (next == one) {
            next = one.next;
        }
    }

    /** Lets the next messages be assigned, as many as there are places; returns whether there were any. */
    boolean grantMore() {
        boolean any = false;
        while (next != null && places.mayGrant()) {
            OutboxEntry one = next;
            if (one.isUngranted()) {
                places.grant(one);
                news.list(one);
                any = true;
            }
            next = one.next;
        }
        return any;
    }

    /** Begins with the oldest again; what Kafka knows of the ids of the others is removed. */
    void beginAnew() {
        for (OutboxEntry one = queue.first; one != null; one = one.next) {
            places.ungrant(one);
        }
        next = queue.first;
        grantMore();
        for (OutboxEntry one = queue.first; one != null; one = one.next) {
            if (one.isUngranted() && one.durable != null) {
                one.durable = null;
                news.free(one.packetId);
            }
        }
    }
}
