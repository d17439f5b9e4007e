package io.mqttkafka.bridge.testkit.fake.mqtt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;

/** The latest packets of all connections, as many as there is room for. Not thread-safe. */
final class PacketJournal {

    static final int MAX_PACKETS = 100_000;
    static final long MAX_BYTES = 32L << 20;

    private static final int SHOWN = 200;

    private final Deque<LoggedPacket> packets = new ArrayDeque<>();
    private long bytes;

    void add(LoggedPacket packet) {
        packets.addLast(packet);
        bytes += packet.packet().bytes().length;
        while (packets.size() > MAX_PACKETS || bytes > MAX_BYTES) {
            bytes -= packets.removeFirst().packet().bytes().length;
        }
    }

    List<LoggedPacket> packets() {
        return List.copyOf(packets);
    }

    void clear() {
        packets.clear();
        bytes = 0;
    }

    /** Returns the latest, one a line. */
    @Override
    public String toString() {
        return packets.stream()
                .skip(Math.max(0, packets.size() - SHOWN))
                .map(LoggedPacket::toString)
                .collect(Collectors.joining("\n"));
    }
}
