package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A client that keeps its session by the book, over as many connections as it takes. */
final class ModelClient {

    /** Payloads in the order they arrived; those of QoS 2 at their first PUBLISH. */
    final List<String> received = new ArrayList<>();

    private final Switchboard switchboard;
    private final String id;
    private final String filter;
    private final Set<Integer> unreleased = new HashSet<>();
    private final Map<Integer, PublishPacket> unacknowledged = new LinkedHashMap<>();
    private final Set<Integer> releasing = new HashSet<>();
    private Connection connection;
    private int lastId;

    ModelClient(Switchboard switchboard, String id, String filter) {
        this.switchboard = switchboard;
        this.id = id;
        this.filter = filter;
        this.connection = new Connection();
    }

    /** Publishes a message now or when connected; it is sent again until it is acknowledged. */
    void publish(String topic, String payload, int qos) {
        PublishPacket publish = PublishPacket.to(topic)
                .qos(qos)
                .packetId(++lastId)
                .payload(payload)
                .build();
        unacknowledged.put(lastId, publish);
        if (connection.ready) {
            connection.sends(MqttPackets.publish(publish));
        }
    }

    boolean isDone() {
        return unacknowledged.isEmpty();
    }

    /** Reacts to one packet, or connects; returns whether there was anything to do. */
    boolean step() {
        if (connection.ended) {
            connection = new Connection();
        }
        if (!connection.opened) {
            connection.open();
            return true;
        }
        MqttPacket packet = connection.packets.poll();
        if (packet == null) {
            return false;
        }
        react(packet);
        return true;
    }

    private void react(MqttPacket packet) {
        switch (packet.type()) {
            case CONNACK -> resume();
            case PUBLISH -> receive(packet.publish());
            case PUBREL -> {
                unreleased.remove(packet.packetId());
                acks(MqttPacketType.PUBCOMP, packet.packetId());
            }
            case PUBREC -> {
                releasing.add(packet.packetId());
                acks(MqttPacketType.PUBREL, packet.packetId());
            }
            case PUBACK, PUBCOMP -> {
                releasing.remove(packet.packetId());
                unacknowledged.remove(packet.packetId());
            }
            default -> {
                // SUBACK and DISCONNECT tell nothing new
            }
        }
    }

    private void receive(PublishPacket publish) {
        if (publish.qos() == 1) {
            received.add(publish.payloadText());
            acks(MqttPacketType.PUBACK, publish.packetId());
        } else {
            if (unreleased.add(publish.packetId())) {
                received.add(publish.payloadText());
            }
            acks(MqttPacketType.PUBREC, publish.packetId());
        }
    }

    private void resume() {
        connection.ready = true;
        Connection current = connection;
        current.sends(MqttPackets.subscribe(new SubscribePacket(
                65_535, List.of(new SubscribePacket.Subscription(filter, 2, false, false, 2)), MqttProperties.NONE)));
        for (PublishPacket publish : List.copyOf(unacknowledged.values())) {
            if (releasing.contains(publish.packetId())) {
                acks(MqttPacketType.PUBREL, publish.packetId());
            } else {
                current.sends(MqttPackets.publish(publish.duplicate()));
            }
        }
    }

    private void acks(MqttPacketType type, int packetId) {
        connection.sends(MqttPackets.ack(type, packetId, 0, MqttProperties.NONE));
    }

    private final class Connection implements Wire {

        private final Deque<MqttPacket> packets = new ArrayDeque<>();
        private Line line;
        private boolean opened;
        private boolean ready;
        private boolean ended;

        void open() {
            opened = true;
            line = switchboard.opened(this);
            MqttProperties properties = MqttProperties.NONE
                    .with(MqttProperty.SESSION_EXPIRY_INTERVAL, 3_600)
                    .with(MqttProperty.RECEIVE_MAXIMUM, 10);
            sends(MqttPackets.connect(
                    new ConnectPacket(id, false, 0, Optional.empty(), Optional.empty(), Optional.empty(), properties)));
        }

        void sends(MqttPacket packet) {
            if (!ended) {
                switchboard.received(line, packet);
            }
        }

        @Override
        public void send(MqttPacket packet) {
            packets.add(packet);
        }

        @Override
        public void close() {
            ended = true;
        }

        @Override
        public void reset() {
            ended = true;
        }

        @Override
        public void halfClose() {
            ended = true;
        }

        @Override
        public void read(boolean on) {}

        @Override
        public boolean isCongested() {
            return false;
        }
    }
}
