package io.mqttkafka.bridge.testkit.net;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** The faults a proxy applies at the moment, shared by all its connections. */
final class ProxyFaults {

    /** How many bytes may be forwarded, and whether the connection is to be cut right after them. */
    record Allowance(int bytes, boolean cut) {}

    private final Set<Direction> paused = EnumSet.noneOf(Direction.class);
    private final Map<Direction, Long> bytesUntilCut = new EnumMap<>(Direction.class);
    private final Map<Direction, Long> forwarded = new EnumMap<>(Direction.class);
    private volatile long delayNanos;
    private volatile int slice = Integer.MAX_VALUE;

    synchronized void pause(Direction direction) {
        paused.add(direction);
    }

    synchronized void resume(Direction direction) {
        paused.remove(direction);
        notifyAll();
    }

    synchronized void awaitFlow(Direction direction) throws InterruptedException {
        while (paused.contains(direction)) {
            wait();
        }
    }

    void delay(Duration delay) {
        delayNanos = delay.toNanos();
    }

    long delayNanos() {
        return delayNanos;
    }

    void slice(int bytes) {
        requireNotNegative(bytes);
        slice = bytes == 0 ? Integer.MAX_VALUE : bytes;
    }

    synchronized void cutAfter(Direction direction, long bytes) {
        requireNotNegative(bytes);
        bytesUntilCut.put(direction, bytes);
    }

    synchronized Allowance allow(Direction direction, int wanted) {
        int bytes = Math.min(wanted, slice);
        Long left = bytesUntilCut.get(direction);
        if (left == null) {
            return new Allowance(bytes, false);
        }
        bytes = (int) Math.min(bytes, left);
        if (bytes == left) {
            bytesUntilCut.remove(direction);
            return new Allowance(bytes, true);
        }
        bytesUntilCut.put(direction, left - bytes);
        return new Allowance(bytes, false);
    }

    synchronized void countForwarded(Direction direction, int bytes) {
        forwarded.merge(direction, (long) bytes, Long::sum);
    }

    synchronized long forwarded(Direction direction) {
        return forwarded.getOrDefault(direction, 0L);
    }

    private static void requireNotNegative(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative, but is " + bytes);
        }
    }
}
