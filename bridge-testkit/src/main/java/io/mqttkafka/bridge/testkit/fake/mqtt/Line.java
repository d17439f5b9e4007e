package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.util.function.BiConsumer;

/** What lies between a client's socket and the broker's core: the packet log and the faults. Not thread-safe. */
final class Line implements Outbound {

    /** So many packets of a client may be held up before its socket is not read any more. */
    private static final int HELD_FROM_CLIENT = 1_000;

    private static final int HELD_TO_CLIENT = 10_000;

    private final Wire wire;
    private final BrokerCore core;
    private final ClientConnection connection;
    private final BiConsumer<Direction, MqttPacket> log;
    private final Lane inbound;
    private final Lane outbound;
    private boolean muted;
    private boolean gone;

    Line(int number, Wire wire, BrokerCore core, FaultScript faults, Timers timers, PacketLogger logger) {
        this.wire = wire;
        this.core = core;
        this.connection = new ClientConnection(number, this);
        this.log = (direction, packet) -> logger.log(connection, direction, packet);
        this.inbound =
                new Lane(this, Direction.CLIENT_TO_SERVER, faults, timers, packet -> core.received(connection, packet));
        this.outbound = new Lane(this, Direction.SERVER_TO_CLIENT, faults, timers, this::sendNow);
    }

    /** Logs a packet of a connection. */
    interface PacketLogger {
        void log(ClientConnection connection, Direction direction, MqttPacket packet);
    }

    ClientConnection connection() {
        return connection;
    }

    /** Takes a packet the client sent. */
    void received(MqttPacket packet) {
        log.accept(Direction.CLIENT_TO_SERVER, packet);
        if (!muted) {
            inbound.offer(packet);
            if (inbound.held() > HELD_FROM_CLIENT) {
                wire.read(false);
            }
        }
    }

    /** Takes the end of the socket. */
    void lost() {
        endLanes();
        core.closed(connection);
    }

    @Override
    public void send(MqttPacket packet) {
        outbound.offer(packet);
    }

    @Override
    public void close() {
        inbound.end();
        if (outbound.isOver()) {
            closeWire();
        } else {
            outbound.inTurn(() -> {
                outbound.end();
                closeWire();
            });
        }
    }

    @Override
    public boolean isCongested() {
        return wire.isCongested() || outbound.held() > HELD_TO_CLIENT;
    }

    void released() {
        if (inbound.held() <= HELD_FROM_CLIENT) {
            wire.read(true);
        }
    }

    /** Resets the connection. */
    void reset() {
        resetWire();
        lost();
    }

    /** Closes the connection without a word. */
    void closeQuietly() {
        closeWire();
        lost();
    }

    /** Sends nothing any more, and says so to the client's system. */
    void halfClose() {
        outbound.end();
        wire.halfClose();
    }

    /** Neither looks at nor sends anything any more. */
    void mute() {
        muted = true;
        endLanes();
        connection.watchdog(Timers.Timer.NONE);
    }

    void disconnect(int reasonCode) {
        core.disconnect(connection, reasonCode);
    }

    void refuseConnection(int reasonCode) {
        sendNow(MqttPackets.connack(false, reasonCode, MqttProperties.NONE));
        closeQuietly();
    }

    void loseSession() {
        resetWire();
        endLanes();
        core.loseSession(connection.clientId());
        lost();
    }

    /** Takes a packet id for free that the broker's answer has freed. */
    void forgetIncoming(int packetId) {
        Session session = connection.session();
        if (session != null) {
            session.release(packetId);
        }
    }

    /** Returns the message with the packet id of the oldest one on its way; unchanged if it is the oldest. */
    MqttPacket withIdInUse(MqttPacket packet) {
        Session session = connection.session();
        PublishPacket publish = packet.publish();
        if (session == null) {
            return packet;
        }
        int oldest =
                session.inFlight().stream().findFirst().map(Outgoing::packetId).orElse(publish.packetId());
        return MqttPackets.publish(new PublishPacket(
                publish.topic(),
                publish.payload(),
                publish.qos(),
                oldest,
                publish.dup(),
                publish.retain(),
                publish.properties()));
    }

    private void resetWire() {
        if (!gone) {
            gone = true;
            wire.reset();
        }
    }

    // who is mute hangs, and does not close either
    private void closeWire() {
        if (!gone && !muted) {
            gone = true;
            wire.close();
        }
    }

    private void endLanes() {
        inbound.end();
        outbound.end();
    }

    private void sendNow(MqttPacket packet) {
        log.accept(Direction.SERVER_TO_CLIENT, packet);
        wire.send(packet);
    }
}
