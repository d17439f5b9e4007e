package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

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

    /**
     * Tells, whenever asked, whether more than this is under way, and from then on whether it has not come down to that yet. What
     * is published has to wait for it: mosquitto reads one packet of each connection by turns, so that on a slow machine the
     * acknowledgements of a backlog wait behind what is published, for as long as something is.
     */
    BooleanSupplier surge(int above, int until) {
        AtomicBoolean surging = new AtomicBoolean();
        return () -> {
            int count = count();
            if (count > above) {
                surging.set(true);
            } else if (count < until) {
                surging.set(false);
            }
            return surging.get();
        };
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
