package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Callback;

/**
 * Acknowledges messages in the order of their receipt, each once Kafka has it. One thread expects, one completes and
 * one drains. Nothing is allocated per message.
 *
 * <p>The ring holds far more than the receive maximum, and whoever expects more waits: when mosquitto 2.0.11 drains the
 * queue of a resumed session it keeps to the receive maximum only until the first acknowledgement, then sends all it has.
 */
final class InOrderAcknowledgements {
    private static final int CAPACITY = 1 << 16;
    private static final int MASK = CAPACITY - 1;
    private static final long FULL_WAIT_NANOS = 100_000;

    private final int packetType;
    private final int[] packetIds = new int[CAPACITY];
    private final Callback[] callbacks = new Callback[CAPACITY];
    private final AtomicIntegerArray inKafka = new AtomicIntegerArray(CAPACITY);
    private int expected;
    private volatile int acknowledged;

    InOrderAcknowledgements(int packetType) {
        this.packetType = packetType;
        Arrays.setAll(callbacks, this::callbackFor);
    }

    /** Takes the place of a message in the order and returns what completes it; waits while all places are taken. */
    Callback expect(int packetId) {
        while (expected - acknowledged == CAPACITY) {
            LockSupport.parkNanos(FULL_WAIT_NANOS);
        }
        int slot = expected++ & MASK;
        packetIds[slot] = packetId;
        return callbacks[slot];
    }

    /** Adds the frames of all messages that are in Kafka together with everything before them. */
    void drainTo(FrameWriter frames) {
        int next = acknowledged;
        while (inKafka.getAcquire(next & MASK) != 0) {
            int slot = next++ & MASK;
            frames.acknowledgement(packetType, packetIds[slot]);
            inKafka.setPlain(slot, 0);
        }
        acknowledged = next;
    }

    private Callback callbackFor(int slot) {
        return (metadata, failure) -> {
            if (failure != null) {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
            inKafka.setRelease(slot, 1);
        };
    }
}
