package io.mqttkafka.bridge.core.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one connection in the order of their receipt, which is the order in which MQTT wants them acknowledged.
 *
 * <p>A ring of fixed size: one thread {@linkplain #add adds}, one {@linkplain #takeSettled takes}.
 */
final class AckLedger {
    private final @Nullable Delivery[] ring;
    private final int mask;
    private final int capacity;

    /** Positions below it have been taken. Written by the taking thread. */
    private final AtomicLong head = new AtomicLong();

    /** The next free position. Written by the adding thread. */
    private final AtomicLong tail = new AtomicLong();

    /** The adding thread's last look at {@link #head}. */
    private long knownHead;

    AckLedger(int capacity) {
        this.capacity = capacity;
        int size = Integer.highestOneBit(Math.max(1, capacity - 1)) << 1;
        ring = new Delivery[size];
        mask = size - 1;
    }

    /** Appends a message; false if as many as the receive maximum are waiting already. */
    boolean add(Delivery delivery) {
        long position = tail.getPlain();
        if (!hasRoom(capacity)) {
            return false;
        }
        delivery.position = position;
        ring[(int) position & mask] = delivery;
        // A full fence, so that a message settled meanwhile is seen either by its settler or by the adding thread.
        tail.set(position + 1);
        return true;
    }

    /** Says whether fewer than so many are waiting. Only for the adding thread. */
    boolean hasRoom(int most) {
        long position = tail.getPlain();
        if (position - knownHead >= most) {
            knownHead = head.get();
        }
        return position - knownHead < most;
    }

    /** Takes the oldest message if it is settled. */
    @Nullable
    Delivery takeSettled() {
        Delivery oldest = oldest();
        if (oldest == null || !oldest.settled()) {
            return null;
        }
        long position = head.getPlain();
        ring[(int) position & mask] = null;
        head.set(position + 1);
        return oldest;
    }

    /** Looks at the oldest message. Only for the taking thread. */
    @Nullable
    Delivery oldest() {
        long position = head.getPlain();
        return position == tail.get() ? null : ring[(int) position & mask];
    }

    /** Says whether the message is the oldest one, and so the one that the others wait for. */
    boolean isOldest(Delivery delivery) {
        return delivery.position == head.get();
    }

    /** Lists what has not been taken. Only when both threads have ended. */
    List<Delivery> remaining() {
        List<Delivery> remaining = new ArrayList<>();
        for (long position = head.get(); position < tail.get(); position++) {
            Delivery delivery = ring[(int) position & mask];
            if (delivery != null) {
                remaining.add(delivery);
            }
        }
        return remaining;
    }

    int size() {
        long taken = head.get();
        return (int) Math.min(capacity, tail.get() - taken);
    }
}
