package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.apache.kafka.clients.producer.Callback;

/**
 * Acknowledges messages in the order of their receipt, each once Kafka has it. One thread expects, one completes and
 * one drains. The broker never has more than the receive maximum under way, so a ring of that size cannot overflow and
 * nothing is allocated per message.
 */
final class InOrderAcknowledgements {
    private final int packetType;
    private final int mask;
    private final int[] packetIds;
    private final Callback[] callbacks;
    private final AtomicIntegerArray inKafka;
    private int nextExpected;
    private int nextAcknowledged;

    InOrderAcknowledgements(int packetType, int receiveMaximum) {
        int capacity = Integer.highestOneBit(receiveMaximum) << 1;
        this.packetType = packetType;
        this.mask = capacity - 1;
        this.packetIds = new int[capacity];
        this.inKafka = new AtomicIntegerArray(capacity);
        this.callbacks = new Callback[capacity];
        for (int slot = 0; slot < capacity; slot++) {
            callbacks[slot] = callbackFor(slot);
        }
    }

    /** Takes the place of a message in the order and returns what completes it. */
    Callback expect(int packetId) {
        int slot = nextExpected++ & mask;
        packetIds[slot] = packetId;
        return callbacks[slot];
    }

    /** Adds the frames of all messages that are in Kafka together with everything before them. */
    void drainTo(FrameWriter frames) {
        int slot = nextAcknowledged & mask;
        while (inKafka.getAcquire(slot) != 0) {
            frames.acknowledgement(packetType, packetIds[slot]);
            inKafka.setPlain(slot, 0);
            slot = ++nextAcknowledged & mask;
        }
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
