package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the broker knows of one network connection, from its CONNECT to its end. Not thread-safe. */
final class ClientConnection {

    // the property itself, and one more byte for each of the two lengths
    private static final int ALIAS_BYTES = 5;

    private final Outbound out;
    private final int number;

    private @Nullable Session session;
    private Optional<ConnectPacket.Will> will = Optional.empty();
    private String clientId = "";
    private int receiveMaximum;
    private long maximumPacketSize;
    private InboundAliases inboundAliases = new InboundAliases(0);
    private OutboundAliases outboundAliases = new OutboundAliases(0);
    private long lastReceived;
    private Timers.Timer watchdog = Timers.Timer.NONE;
    private boolean ended;

    ClientConnection(int number, Outbound out) {
        this.number = number;
        this.out = out;
    }

    /** Returns which connection this is, counted from 1 over the broker's life. */
    int number() {
        return number;
    }

    /** Returns the client's id; empty before CONNECT. */
    String clientId() {
        return clientId;
    }

    @Nullable
    Session session() {
        return session;
    }

    boolean isConnected() {
        return session != null && !ended;
    }

    boolean isEnded() {
        return ended;
    }

    void connected(Session owner, ConnectPacket connect, int topicAliasMaximum) {
        session = owner;
        clientId = owner.clientId();
        will = connect.will();
        receiveMaximum = connect.receiveMaximum();
        maximumPacketSize = connect.maximumPacketSize().orElse(BrokerOptions.LARGEST_PACKET);
        inboundAliases = new InboundAliases(topicAliasMaximum);
        int clientsAliases = (int)
                connect.properties().number(MqttProperty.TOPIC_ALIAS_MAXIMUM).orElse(0);
        outboundAliases = new OutboundAliases(Math.min(clientsAliases, topicAliasMaximum));
    }

    int receiveMaximum() {
        return receiveMaximum;
    }

    InboundAliases inboundAliases() {
        return inboundAliases;
    }

    Optional<ConnectPacket.Will> will() {
        return will;
    }

    void forgetWill() {
        will = Optional.empty();
    }

    long lastReceived() {
        return lastReceived;
    }

    void received(long now) {
        lastReceived = now;
    }

    /** Sets the timer that watches over this connection, in place of the one before. */
    void watchdog(Timers.Timer timer) {
        watchdog.cancel();
        watchdog = timer;
    }

    boolean isCongested() {
        return out.isCongested();
    }

    void send(MqttPacket packet) {
        if (!ended) {
            out.send(packet);
        }
    }

    /** Sends a message; returns false if it is larger than the client allows. */
    boolean publish(PublishPacket publish) {
        MqttPacket plain = MqttPackets.publish(publish);
        if (plain.bytes().length > maximumPacketSize) {
            return false;
        }
        boolean roomForAlias = plain.bytes().length + ALIAS_BYTES <= maximumPacketSize;
        send(roomForAlias ? MqttPackets.publish(outboundAliases.apply(publish)) : plain);
        return true;
    }

    /** Says why, closes, and takes part in nothing any more. */
    void disconnect(int reasonCode) {
        send(MqttPackets.disconnect(reasonCode, MqttProperties.NONE));
        end();
    }

    /** Closes and takes part in nothing any more. */
    void end() {
        ended = true;
        watchdog(Timers.Timer.NONE);
        out.close();
    }
}
