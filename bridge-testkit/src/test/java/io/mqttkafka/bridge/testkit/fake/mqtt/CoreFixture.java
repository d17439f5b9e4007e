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
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A broker without sockets and with a clock that stands still, and clients that are lists of packets. */
final class CoreFixture {

    final ManualClock clock = new ManualClock();
    final List<String> violations = new ArrayList<>();
    final BrokerCore core;

    private int connections;

    CoreFixture() {
        this(BrokerOptions.DEFAULTS);
    }

    CoreFixture(BrokerOptions options) {
        core = new BrokerCore(options, LockedTimers.manual(this, clock), violations::add);
    }

    /** Opens a connection that has sent nothing yet. */
    Client open() {
        Client client = new Client();
        client.connection = new ClientConnection(++connections, client);
        core.opened(client.connection);
        return client;
    }

    /** Connects with a session that outlives the connection by an hour. */
    Client connect(String id) {
        return connect(id, false, MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 3_600));
    }

    Client connect(String id, boolean cleanStart, MqttProperties properties) {
        return open().connect(connectPacket(id, cleanStart, 0, Optional.empty(), properties));
    }

    static ConnectPacket connectPacket(
            String id,
            boolean cleanStart,
            int keepAlive,
            Optional<ConnectPacket.Will> will,
            MqttProperties properties) {
        return new ConnectPacket(id, cleanStart, keepAlive, Optional.empty(), Optional.empty(), will, properties);
    }

    void advance(Duration duration) {
        clock.advance(duration);
    }

    Publication publish(String topic, String payload, int qos) {
        Message message = Message.of(
                topic,
                payload.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                qos,
                false,
                MqttProperties.NONE,
                Duration.between(java.time.Instant.EPOCH, clock.instant()).toNanos());
        core.publish(message);
        return message.publication();
    }

    /** A client's side of a connection. */
    final class Client implements Outbound {

        private final List<MqttPacket> packets = new ArrayList<>();
        private ClientConnection connection;
        private boolean closed;
        private boolean congested;

        Client connect(ConnectPacket connect) {
            core.received(connection, MqttPackets.connect(connect));
            return this;
        }

        Client subscribe(String filter, int qos) {
            return subscribe(new SubscribePacket.Subscription(filter, qos, false, false, 0), MqttProperties.NONE);
        }

        Client subscribe(SubscribePacket.Subscription subscription, MqttProperties properties) {
            core.received(connection, MqttPackets.subscribe(new SubscribePacket(1, List.of(subscription), properties)));
            return this;
        }

        Client unsubscribe(String filter) {
            core.received(
                    connection,
                    MqttPackets.unsubscribe(new UnsubscribePacket(2, List.of(filter), MqttProperties.NONE)));
            return this;
        }

        Client publish(PublishPacket.Builder message) {
            return says(MqttPackets.publish(message.build()));
        }

        Client ack(MqttPacketType type, int packetId) {
            return ack(type, packetId, 0);
        }

        Client ack(MqttPacketType type, int packetId, int reasonCode) {
            return says(MqttPackets.ack(type, packetId, reasonCode, MqttProperties.NONE));
        }

        Client disconnect(int reasonCode) {
            return says(MqttPackets.disconnect(reasonCode, MqttProperties.NONE));
        }

        Client says(MqttPacket packet) {
            core.received(connection, packet);
            return this;
        }

        /** Loses the connection. */
        void lose() {
            core.closed(connection);
        }

        void congest() {
            congested = true;
        }

        boolean isClosed() {
            return closed;
        }

        /** Takes all packets so far, as lines. */
        List<String> lines() {
            return take().stream().map(MqttPacket::toString).toList();
        }

        /** Takes all packets so far. */
        List<MqttPacket> take() {
            List<MqttPacket> taken = List.copyOf(packets);
            packets.clear();
            return taken;
        }

        /** Takes all packets so far and returns the payloads of the messages among them. */
        List<String> payloads() {
            return take().stream()
                    .filter(packet -> packet.type() == MqttPacketType.PUBLISH)
                    .map(packet -> packet.publish().payloadText())
                    .toList();
        }

        @Override
        public void send(MqttPacket packet) {
            packets.add(packet);
        }

        @Override
        public void close() {
            closed = true;
        }

        @Override
        public boolean isCongested() {
            return congested;
        }
    }
}
