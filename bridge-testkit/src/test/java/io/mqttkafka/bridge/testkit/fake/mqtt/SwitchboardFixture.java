package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A broker with its faults and its log, whose sockets are lists of packets and whose clock stands still. */
final class SwitchboardFixture {

    final ManualClock clock = new ManualClock();
    final Switchboard switchboard = new Switchboard(BrokerOptions.DEFAULTS, lock -> LockedTimers.manual(lock, clock));

    FaultScript faults() {
        return switchboard.faults();
    }

    /** Connects with a session that outlives the connection by an hour. */
    Socket connect(String id) {
        Socket socket = new Socket();
        socket.line = switchboard.opened(socket);
        MqttProperties properties = MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 3_600);
        return socket.sends(MqttPackets.connect(
                new ConnectPacket(id, false, 60, Optional.empty(), Optional.empty(), Optional.empty(), properties)));
    }

    /** Connects a client that subscribes to "a" at QoS 2. */
    Socket subscriber(String id) {
        Socket socket = connect(id);
        socket.sends(MqttPackets.subscribe(new SubscribePacket(
                1, List.of(new SubscribePacket.Subscription("a", 2, false, false, 0)), MqttProperties.NONE)));
        socket.lines();
        return socket;
    }

    Publication publish(String payload, int qos) {
        Message message = Message.of(
                "a",
                payload.getBytes(StandardCharsets.UTF_8),
                qos,
                false,
                MqttProperties.NONE,
                Duration.between(Instant.EPOCH, clock.instant()).toNanos());
        switchboard.tell(core -> core.publish(message));
        return message.publication();
    }

    /** The socket of a client. */
    final class Socket implements Wire {

        private final List<String> events = new ArrayList<>();
        private Line line;

        Socket sends(MqttPacket packet) {
            switchboard.received(line, packet);
            return this;
        }

        Socket publishes(int qos, int packetId) {
            return sends(MqttPackets.publish(PublishPacket.to("a")
                    .qos(qos)
                    .packetId(packetId)
                    .payload("x")
                    .build()));
        }

        Socket acks(MqttPacketType type, int packetId) {
            return sends(MqttPackets.ack(type, packetId, 0, MqttProperties.NONE));
        }

        /** Takes what has happened so far: packets that were sent, and what became of the socket. */
        List<String> lines() {
            List<String> taken = List.copyOf(events);
            events.clear();
            return taken;
        }

        @Override
        public void send(MqttPacket packet) {
            events.add(packet.toString());
        }

        @Override
        public void close() {
            events.add("close");
        }

        @Override
        public void reset() {
            events.add("reset");
        }

        @Override
        public void halfClose() {
            events.add("half-close");
        }

        @Override
        public void read(boolean on) {}

        @Override
        public boolean isCongested() {
            return false;
        }
    }
}
