package io.mqttkafka.bridge.testkit.fake;

import io.mqttkafka.bridge.testkit.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.MqttPacket;

/** What lies between a client's socket and the broker's core: the packet log. Not thread-safe. */
final class Line implements Outbound {

    private final Switchboard switchboard;
    private final Wire wire;
    private final ClientConnection connection;

    Line(Switchboard switchboard, Wire wire, int number) {
        this.switchboard = switchboard;
        this.wire = wire;
        this.connection = new ClientConnection(number, this);
    }

    ClientConnection connection() {
        return connection;
    }

    @Override
    public void send(MqttPacket packet) {
        switchboard.log(connection, Direction.SERVER_TO_CLIENT, packet);
        wire.send(packet);
    }

    @Override
    public void close() {
        wire.close();
    }

    @Override
    public boolean isCongested() {
        return wire.isCongested();
    }
}
