package io.mqttkafka.bridge.core.session;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The records of one partition that have been read and not committed: says up to where the offset may be committed, which is
 * the first record that is not settled.
 *
 * <p>For the thread that reads the partition; only {@link Entry} may be touched by any thread.
 */
public final class OffsetLedger {
    /** One record, from its reading until it is committed or given back. Thread-safe. */
    public static final class Entry {
        private final long offset;
        private long receivedNanos;
        private volatile boolean settled;
        private volatile boolean inFlight;
        private volatile boolean abandoned;

        private Entry(long offset) {
            this.offset = offset;
        }

        /**
         * Notes when the record was read. To be called before it is handed out.
         *
         * @param nowNanos the time, by the clock of the bridge
         */
        public void received(long nowNanos) {
            receivedNanos = nowNanos;
        }

        /** Returns when the record was read, by the clock of the bridge. */
        public long receivedNanos() {
            return receivedNanos;
        }

        /** Tells that the record is on its way, so that its outcome is worth waiting for. */
        public void sent() {
            inFlight = true;
        }

        /** Tells that the record came back: it is not on its way any more. */
        public void returned() {
            inFlight = false;
        }

        /** Marks the record as done: delivered, or disposed of by a policy. */
        public void settle() {
            settled = true;
        }

        /** Says whether the partition has been taken away meanwhile, so that the record is no concern of ours. */
        public boolean abandoned() {
            return abandoned;
        }
    }

    private final Deque<Entry> open = new ArrayDeque<>();

    /** The first offset that has not been read; -1 before the first record. */
    private long next = -1;

    /** Up to where the caller has asked to commit; -1 if nothing has been settled. */
    private long taken = -1;

    private long settled;

    /** Makes a ledger without records. */
    public OffsetLedger() {}

    /**
     * Says whether an offset lies before what has been read, so that the partition is not the one that it was.
     *
     * @param offset the offset
     * @return whether it does
     */
    public boolean isBehind(long offset) {
        return offset < next;
    }

    /**
     * Adds the next record.
     *
     * @param offset its offset, higher than any before
     * @return the record, to be settled by any thread
     * @throws IllegalArgumentException if the offset is not higher
     */
    public Entry read(long offset) {
        if (offset < next) {
            throw new IllegalArgumentException("offset " + offset + " comes after " + (next - 1));
        }
        Entry entry = new Entry(offset);
        open.add(entry);
        next = offset + 1;
        return entry;
    }

    /**
     * Tells that there is nothing below an offset that has not been read: what is missing there is no record.
     *
     * @param offset the first offset that has not been looked at
     */
    public void readUpTo(long offset) {
        next = Math.max(next, offset);
    }

    /**
     * Takes the offset to commit: everything below it is settled.
     *
     * @return the offset; -1 if it has not moved since it was last taken
     */
    public long takeCommittable() {
        Entry first = open.peek();
        while (first != null && first.settled) {
            open.remove();
            settled++;
            first = open.peek();
        }
        long committable = first == null ? next : first.offset;
        if (settled == 0 || committable <= taken) {
            return -1;
        }
        taken = committable;
        return committable;
    }

    /** Makes the last offset taken count as not committed, so that it is taken again. */
    public void commitFailed() {
        taken = -1;
    }

    /**
     * Counts the records below the committable offset since the ledger was made.
     *
     * @return how many
     */
    public long settled() {
        return settled;
    }

    /**
     * Counts the records that are read and not below the committable offset.
     *
     * @return how many
     */
    public int open() {
        return open.size();
    }

    /**
     * Says whether a record is on its way and not settled.
     *
     * @return whether one is
     */
    public boolean anyInFlight() {
        for (Entry entry : open) {
            if (entry.inFlight && !entry.settled) {
                return true;
            }
        }
        return false;
    }

    /** Gives all records back: the partition belongs to another consumer now. */
    public void abandon() {
        for (Entry entry : open) {
            entry.abandoned = true;
        }
        open.clear();
    }
}
