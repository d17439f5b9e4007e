package io.mqttkafka.bridge.testkit.faults;

import io.mqttkafka.bridge.testkit.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.MqttPacket;
import io.mqttkafka.bridge.testkit.MqttPacketType;
import java.util.HashSet;
import java.util.Set;

/**
 * Counts what an MQTT broker has under way to the newest connection through a proxy: packet ids that it has sent and that
 * are not acknowledged to the end. Thread-safe.
 */
final class UnderWay {

    private final Set<Integer> packetIds = new HashSet<>();
    private int connection;
    private int most;
    private int reused;

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
                    boolean fresh = packetIds.add(packet.packetId());
                    if (!fresh && packet.type() == MqttPacketType.PUBLISH) {
                        reused++;
                    }
                    most = Math.max(most, packetIds.size());
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

    /** Returns how many there were at the most on one connection. */
    synchronized int most() {
        return most;
    }

    /** Counts messages sent under the packet id of another one that was under way on the same connection. */
    synchronized int reused() {
        return reused;
    }
}
