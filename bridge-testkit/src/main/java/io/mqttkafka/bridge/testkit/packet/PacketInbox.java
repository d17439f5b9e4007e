package io.mqttkafka.bridge.testkit.packet;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The packets a client sent that no test has looked at yet, and how the stream ended. Thread-safe. */
final class PacketInbox {

    private final Deque<MqttPacket> packets = new ArrayDeque<>();
    private String ending = "";

    synchronized void add(MqttPacket packet) {
        packets.addLast(packet);
        notifyAll();
    }

    /** Says that no packet will follow, and why. */
    synchronized void end(String reason) {
        if (ending.isEmpty()) {
            ending = reason;
            notifyAll();
        }
    }

    /** Returns why no packet will follow; empty while the stream is open or packets are left. */
    synchronized String ending() {
        return packets.isEmpty() ? ending : "";
    }

    /** Takes the next packet; empty when the time is over or no packet will follow. */
    synchronized Optional<MqttPacket> next(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (packets.isEmpty() && ending.isEmpty()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return Optional.empty();
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return Optional.ofNullable(packets.pollFirst());
    }
}
