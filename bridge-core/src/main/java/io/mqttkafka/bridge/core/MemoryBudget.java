package io.mqttkafka.bridge.core;

/**
 * What the connections of a bridge may keep on the heap, so that they fit a small one. The parts of a bridge with one
 * connection, and what is left for everything else, in a heap of 64 MB: 4 MB of messages that wait for Kafka, 7 MB in each of
 * Kafka's two producers that hold them a second time, 2 MB of topics, 1.25 MB of the packet that is being read.
 *
 * @param heap the most bytes that the heap can have
 * @param connections how many connections share it
 */
public record MemoryBudget(long heap, int connections) {
    private static final long MIB = 1024 * 1024;
    private static final long LARGEST_WINDOW = 16 * MIB;
    private static final long LARGEST_TOPIC_CACHE = 32 * MIB;

    /**
     * Makes the budget of this process.
     *
     * @param connections how many connections share it
     * @return the budget
     */
    public static MemoryBudget of(int connections) {
        return new MemoryBudget(Runtime.getRuntime().maxMemory(), Math.max(1, connections));
    }

    /** Returns how many bytes of messages may wait on one connection: a sixteenth of the heap, and together an eighth. */
    public long windowBytes() {
        return Math.min(LARGEST_WINDOW, Math.min(heap / 16, heap / 8 / connections));
    }

    /** Returns how many bytes of what is remembered of topics one connection may keep. */
    public long topicCacheBytes() {
        return Math.min(LARGEST_TOPIC_CACHE, heap / 32 / connections);
    }

    /** Returns how large a packet may be, at least 1 MiB: it lies in the read buffer, in its message and in Kafka's producer. */
    public long packetBytes() {
        return Math.max(MIB, heap / 8 / connections);
    }
}
