package io.mqttkafka.bridge.core.session;

import java.util.concurrent.atomic.AtomicLong;

/** A bounded queue of numbers from 0 up: one thread adds, one polls. Takes no memory before the first number. */
final class IntRing {
    private final int capacity;
    private final int mask;
    private final AtomicLong head = new AtomicLong();
    private final AtomicLong tail = new AtomicLong();

    /** Made by the adding thread and seen by the other one through {@link #tail}. */
    private int[] ring = {};

    IntRing(int capacity) {
        this.capacity = Integer.highestOneBit(Math.max(1, capacity - 1)) << 1;
        mask = this.capacity - 1;
    }

    boolean add(int value) {
        long position = tail.getPlain();
        if (position - head.get() >= capacity) {
            return false;
        }
        if (ring.length == 0) {
            ring = new int[capacity];
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
