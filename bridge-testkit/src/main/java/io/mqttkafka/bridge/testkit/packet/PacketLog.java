package io.mqttkafka.bridge.testkit.packet;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** The latest events on all connections of a scripted broker, to be shown when a test fails. Thread-safe. */
final class PacketLog {

    private static final int KEPT_LINES = 300;

    private final long startNanos = System.nanoTime();
    private final Deque<String> lines = new ArrayDeque<>();
    private long dropped;

    synchronized void add(int connection, String event) {
        if (lines.size() == KEPT_LINES) {
            lines.removeFirst();
            dropped++;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        lines.addLast("%7d ms  #%d %s".formatted(millis, connection, event));
    }

    /** Adds what was sent: packet by packet as far as they are whole, the rest as a number of bytes. */
    synchronized void addSent(int connection, byte[] bytes) {
        FrameSplitter splitter = new FrameSplitter();
        int[] rest = {bytes.length};
        try {
            splitter.feed(bytes, 0, bytes.length, packet -> {
                add(connection, "-> " + packet);
                rest[0] -= packet.bytes().length;
            });
        } catch (IllegalArgumentException ignored) {
            // a test may send what is no packet
        }
        if (rest[0] > 0) {
            add(connection, "-> " + rest[0] + " bytes that are no whole packet");
        }
    }

    @Override
    public synchronized String toString() {
        String head = dropped == 0 ? "" : "    ... " + dropped + " earlier lines\n";
        return head + String.join("\n", lines);
    }
}
