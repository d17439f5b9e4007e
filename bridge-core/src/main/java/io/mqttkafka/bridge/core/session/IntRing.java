package io.mqttkafka.bridge.core.session;

import java.util.concurrent.atomic.AtomicLong;

/** A bounded queue of numbers from 0 up: one thread adds, one polls. */
final class IntRing {
    private final int[] ring;
    private final int mask;
    private final AtomicLong head = new AtomicLong();
    private final AtomicLong tail = new AtomicLong();

    IntRing(int capacity) {
        int size = Integer.highestOneBit(Math.max(1, capacity - 1)) << 1;
        ring = new int[size];
        mask = size - 1;
    }

    boolean add(int value) {
        long position = tail.getPlain();
        if (position - head.get() >= ring.length) {
            return false;
        }
        ring[(int) position & mask] = value;
        tail.set(position + 1);
        return true;
    }

    /** Takes the oldest number, or returns -1. */
    int poll() {
        long position = head.getPlain();
        if (position == tail.get()) {
            return -1;
        }
        int value = ring[(int) position & mask];
        head.set(position + 1);
        return value;
    }
}
