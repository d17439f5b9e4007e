package io.mqttkafka.bridge.core.session;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The packet ids of QoS 2 that the MQTT broker has not released, and what was received under each of them. It outlives
 * connections as long as the MQTT session does. Only for the reading thread.
 */
final class Qos2Ledger {
    private final Map<Integer, Delivery> unreleased = new HashMap<>();

    @Nullable
    Delivery get(int packetId) {
        return unreleased.get(packetId);
    }

    void put(Delivery delivery) {
        unreleased.put(delivery.packetId, delivery);
    }

    void remove(int packetId) {
        unreleased.remove(packetId);
    }

    void clear() {
        unreleased.clear();
    }

    int size() {
        return unreleased.size();
    }
}
