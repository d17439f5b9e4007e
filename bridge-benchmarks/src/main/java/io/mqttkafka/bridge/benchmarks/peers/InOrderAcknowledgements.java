package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.apache.kafka.clients.producer.Callback;

/**
 * Acknowledges messages in the order of their receipt, each once Kafka has it. One thread expects, one completes and
 * one drains. A ring with a slot per packet id cannot overflow, and nothing is allocated per message. The receive maximum
 * would be too small: mosquitto 2.0.11 exceeds it when it drains the queue of a resumed session.
 */
final class InOrderAcknowledgements {
    private static final int CAPACITY = 1 << 16;
    private static final int MASK = CAPACITY - 1;

    private final int packetType;
    private final int[] packetIds = new int[CAPACITY];
    private final Callback[] callbacks = new Callback[CAPACITY];
    private final AtomicIntegerArray inKafka = new AtomicIntegerArray(CAPACITY);
    private int nextExpected;
    private int nextAcknowledged;

    InOrderAcknowledgements(int packetType) {
        this.packetType = packetType;
        Arrays.setAll(callbacks, this::callbackFor);
    }

    /** Takes the place of a message in the order and returns what completes it. */
    Callback expect(int packetId) {
        int slot = nextExpected++ & MASK;
        packetIds[slot] = packetId;
        return callbacks[slot];
    }

    /** Adds the frames of all messages that are in Kafka together with everything before them. */
    void drainTo(FrameWriter frames) {
        int slot = nextAcknowledged & MASK;
        while (inKafka.getAcquire(slot) != 0) {
            frames.acknowledgement(packetType, packetIds[slot]);
            inKafka.setPlain(slot, 0);
            slot = ++nextAcknowledged & MASK;
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
