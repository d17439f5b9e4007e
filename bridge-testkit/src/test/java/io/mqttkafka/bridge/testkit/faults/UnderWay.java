package io.mqttkafka.bridge.testkit.faults;

import io.mqttkafka.bridge.testkit.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.MqttPacket;
import java.util.HashSet;
import java.util.Set;

/**
 * Counts what an MQTT broker has under way to the newest connection through a proxy: packet ids that it has sent and that
 * are not acknowledged to the end. Thread-safe.
 */
final class UnderWay {

    private final Set<Integer> packetIds = new HashSet<>();
    private int connection;

    /** To be called with every packet that passes. */
    synchronized void see(int connection, Direction direction, MqttPacket packet) {
        if (connection < this.connection) {
            return;
        }
        if (connection > this.connection) {
            this.connection = connection;
            packetIds.clear();
        }
        switch (packet.type()) {
            case PUBLISH, PUBREL -> {
                if (direction == Direction.SERVER_TO_CLIENT) {
                    packetIds.add(packet.packetId());
                }
            }
            case PUBACK, PUBCOMP -> {
                if (direction == Direction.CLIENT_TO_SERVER) {
                    packetIds.remove(packet.packetId());
                }
            }
            default -> {
                // concerns no message from the broker
            }
        }
    }

    synchronized int count() {
        return packetIds.size();
    }
}
