package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Remembers the packets of one session that concern messages, to tell what became of those that are missing or came too
 * often. Thread-safe.
 */
final class PacketTrail {

    private static final int MOST_TOLD = 3;

    private record Step(
            long millis, int connection, MqttPacketType type, boolean duplicate, int packetId, Message message) {

        @Override
        public String toString() {
            return millis + " ms, connection " + connection + ": " + type + " " + packetId + (duplicate ? " DUP" : "")
                    + (message == null ? "" : " " + message);
        }
    }

    private final Ledger ledger;
    private final long start = System.nanoTime();
    private final List<Step> steps = new ArrayList<>();

    PacketTrail(Ledger ledger) {
        this.ledger = ledger;
    }

    /** To be called with every packet that passes. */
    synchronized void see(int connection, Direction direction, MqttPacket packet) {
        boolean fromBroker = direction == Direction.SERVER_TO_CLIENT;
        switch (packet.type()) {
            case PUBLISH -> {
                if (fromBroker) {
                    Message message = ledger.read(packet.publish().payload()).orElse(null);
                    add(connection, packet, packet.publish().dup(), message);
                }
            }
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> add(connection, packet, false, null);
            default -> {
                // concerns no message
            }
        }
    }

    private void add(int connection, MqttPacket packet, boolean duplicate, Message message) {
        long millis = (System.nanoTime() - start) / 1_000_000;
        steps.add(new Step(millis, connection, packet.type(), duplicate, packet.packetId(), message));
    }

    /** Tells how far these messages came, and the whole story of some. */
    synchronized String of(Collection<Message> messages) {
        Map<Message, Set<Integer>> ids = new HashMap<>();
        for (Step step : steps) {
            if (step.message != null && messages.contains(step.message)) {
                ids.computeIfAbsent(step.message, m -> new HashSet<>()).add(step.packetId);
            }
        }
        StringBuilder story = new StringBuilder();
        story.append(messages.size()).append(" messages, ").append(ids.size()).append(" of them sent by the broker");
        Map<Integer, int[]> spans = new TreeMap<>();
        for (Message message : messages) {
            int[] span = spans.computeIfAbsent(message.topic(), t -> new int[] {message.number(), message.number(), 0});
            span[0] = Math.min(span[0], message.number());
            span[1] = Math.max(span[1], message.number());
            span[2]++;
        }
        spans.forEach((topic, span) -> story.append("\n  topic %d: %d between %d and %d of %d sent"
                .formatted(topic, span[2], span[0], span[1], ledger.sent(topic))));
        int told = 0;
        for (Map.Entry<Message, Set<Integer>> entry : ids.entrySet()) {
            if (told++ == MOST_TOLD) {
                break;
            }
            story.append("\n  %s, packet ids %s".formatted(entry.getKey(), entry.getValue()));
            for (Step step : steps) {
                if (entry.getValue().contains(step.packetId)) {
                    story.append("\n    %s".formatted(step));
                }
            }
        }
        return story.toString();
    }
}
