package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Counts the messages that an MQTT broker sends again although it has released them (PUBREL), which MQTT forbids
 * (MQTT-4.3.3): nobody can tell those from new ones. To see the packets of one session; thread-safe.
 */
final class Retractions {

    private final Ledger ledger;
    private final Map<Integer, Message> byPacketId = new HashMap<>();
    private final Set<Message> released = new HashSet<>();
    private final Map<Message, Integer> takenBack = new HashMap<>();
    private int count;

    Retractions(Ledger ledger) {
        this.ledger = ledger;
    }

    /** To be called with every packet that passes. */
    synchronized void see(int connection, Direction direction, MqttPacket packet) {
        if (direction == Direction.CLIENT_TO_SERVER) {
            return;
        }
        if (packet.type() == MqttPacketType.PUBLISH) {
            Message message = ledger.read(packet.publish().payload()).orElseThrow();
            byPacketId.put(packet.packetId(), message);
            if (released.remove(message)) {
                count++;
                takenBack.merge(message, 1, Integer::sum);
            }
        } else if (packet.type() == MqttPacketType.PUBREL) {
            Message message = byPacketId.get(packet.packetId());
            if (message != null) {
                released.add(message);
            }
        }
    }

    /** How often this message was sent again. */
    synchronized int of(Message message) {
        return takenBack.getOrDefault(message, 0);
    }

    synchronized int count() {
        return count;
    }
}
