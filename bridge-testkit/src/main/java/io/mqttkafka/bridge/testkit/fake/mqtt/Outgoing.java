package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.util.List;

/** One message on its way to one session. Not thread-safe. */
final class Outgoing {

    private final Message message;
    private final int qos;
    private final boolean retain;
    private final List<Long> subscriptionIds;
    private int packetId;
    private boolean released;
    private boolean open;

    Outgoing(Message message, int qos, boolean retain, List<Long> subscriptionIds) {
        this.message = message;
        this.qos = qos;
        this.retain = retain;
        this.subscriptionIds = subscriptionIds;
    }

    Message message() {
        return message;
    }

    int qos() {
        return qos;
    }

    int packetId() {
        return packetId;
    }

    void packetId(int id) {
        packetId = id;
    }

    /** Returns whether a PUBREC has come, so that only PUBREL is to be sent again. */
    boolean isReleased() {
        return released;
    }

    void release() {
        released = true;
    }

    /** Returns whether it takes a place of the client's receive maximum on the current connection. */
    boolean isOpen() {
        return open;
    }

    void open(boolean taken) {
        open = taken;
    }

    PublishPacket packet(long now, boolean dup) {
        MqttProperties properties = message.properties(now);
        for (long id : subscriptionIds) {
            properties = properties.with(MqttProperty.SUBSCRIPTION_IDENTIFIER, id);
        }
        return new PublishPacket(message.topic(), message.payload(), qos, packetId, dup, retain, properties);
    }
}
