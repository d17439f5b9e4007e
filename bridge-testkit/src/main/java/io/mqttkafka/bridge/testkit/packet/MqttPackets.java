package io.mqttkafka.bridge.testkit.packet;

import java.util.List;

/**
 * Makes MQTT 5 control packets from what they say, and CONNECT of MQTT 3.1.1.
 *
 * <p>What is sent need not make sense: which reason code or property belongs in which packet is not checked.
 * Thread-safe.
 */
public final class MqttPackets {

    private static final int NO_FLAGS = 0;
    private static final int REQUIRED_FLAGS = 2;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;
    private static final int NO_LOCAL = 0x04;
    private static final int RETAIN_AS_PUBLISHED = 0x08;

    private MqttPackets() {}

    /** Returns a CONNECT. */
    public static MqttPacket connect(ConnectPacket connect) {
        int flags = (connect.cleanStart() ? CLEAN_START : 0)
                | connect.will().map(MqttPackets::willFlags).orElse(0)
                | (connect.password().isPresent() ? PASSWORD : 0)
                | (connect.userName().isPresent() ? USER_NAME : 0);
        boolean withProperties = connect.version() != Version3.LEVEL;
        WireWriter body = new WireWriter()
                .text("MQTT")
                .oneByte(connect.version())
                .oneByte(flags)
                .twoBytes(connect.keepAlive());
        if (withProperties) {
            body.properties(connect.properties());
        }
        body.text(connect.clientId());
        connect.will().ifPresent(will -> {
            if (withProperties) {
                body.properties(will.properties());
            }
            body.text(will.topic()).data(will.payload());
        });
        connect.userName().ifPresent(body::text);
        connect.password().ifPresent(body::data);
        return packet(MqttPacketType.CONNECT, NO_FLAGS, body);
    }

    /** Returns a CONNACK. */
    public static MqttPacket connack(boolean sessionPresent, int reasonCode, MqttProperties properties) {
        WireWriter body = new WireWriter()
                .oneByte(sessionPresent ? 1 : 0)
                .oneByte(reasonCode)
                .properties(properties);
        return packet(MqttPacketType.CONNACK, NO_FLAGS, body);
    }

    /** Returns a PUBLISH. */
    public static MqttPacket publish(PublishPacket publish) {
        return MqttPacket.of(publish.encode());
    }

    /**
     * Returns a PUBACK, PUBREC, PUBREL or PUBCOMP in its shortest form.
     *
     * @throws IllegalArgumentException if the type is another
     */
    public static MqttPacket ack(MqttPacketType type, int packetId, int reasonCode, MqttProperties properties) {
        int flags =
                switch (type) {
                    case PUBACK, PUBREC, PUBCOMP -> NO_FLAGS;
                    case PUBREL -> REQUIRED_FLAGS;
                    default -> throw new IllegalArgumentException(type + " acknowledges no message");
                };
        return packet(type, flags, shortest(new WireWriter().twoBytes(packetId), reasonCode, properties));
    }

    /** Returns a SUBSCRIBE. */
    public static MqttPacket subscribe(SubscribePacket subscribe) {
        WireWriter body = new WireWriter().twoBytes(subscribe.packetId()).properties(subscribe.properties());
        for (SubscribePacket.Subscription subscription : subscribe.subscriptions()) {
            body.text(subscription.filter())
                    .oneByte(subscription.qos()
                            | (subscription.noLocal() ? NO_LOCAL : 0)
                            | (subscription.retainAsPublished() ? RETAIN_AS_PUBLISHED : 0)
                            | subscription.retainHandling() << 4);
        }
        return packet(MqttPacketType.SUBSCRIBE, REQUIRED_FLAGS, body);
    }

    /** Returns a SUBACK with one reason code for each topic filter; below 0x80 it is the QoS granted. */
    public static MqttPacket suback(int packetId, List<Integer> reasonCodes) {
        return codes(MqttPacketType.SUBACK, packetId, reasonCodes);
    }

    /** Returns an UNSUBSCRIBE. */
    public static MqttPacket unsubscribe(UnsubscribePacket unsubscribe) {
        WireWriter body = new WireWriter().twoBytes(unsubscribe.packetId()).properties(unsubscribe.properties());
        unsubscribe.filters().forEach(body::text);
        return packet(MqttPacketType.UNSUBSCRIBE, REQUIRED_FLAGS, body);
    }

    /** Returns an UNSUBACK with one reason code for each topic filter. */
    public static MqttPacket unsuback(int packetId, List<Integer> reasonCodes) {
        return codes(MqttPacketType.UNSUBACK, packetId, reasonCodes);
    }

    /** Returns a PINGREQ. */
    public static MqttPacket pingreq() {
        return packet(MqttPacketType.PINGREQ, NO_FLAGS, new WireWriter());
    }

    /** Returns a PINGRESP. */
    public static MqttPacket pingresp() {
        return packet(MqttPacketType.PINGRESP, NO_FLAGS, new WireWriter());
    }

    /** Returns a DISCONNECT in its shortest form. */
    public static MqttPacket disconnect(int reasonCode, MqttProperties properties) {
        return packet(MqttPacketType.DISCONNECT, NO_FLAGS, shortest(new WireWriter(), reasonCode, properties));
    }

    /** Returns an AUTH in its shortest form. */
    public static MqttPacket auth(int reasonCode, MqttProperties properties) {
        return packet(MqttPacketType.AUTH, NO_FLAGS, shortest(new WireWriter(), reasonCode, properties));
    }

    private static int willFlags(ConnectPacket.Will will) {
        return WILL | will.qos() << 3 | (will.retain() ? WILL_RETAIN : 0);
    }

    private static WireWriter shortest(WireWriter body, int reasonCode, MqttProperties properties) {
        if (reasonCode != 0 || !properties.isEmpty()) {
            body.oneByte(reasonCode);
        }
        return properties.isEmpty() ? body : body.properties(properties);
    }

    private static MqttPacket codes(MqttPacketType type, int packetId, List<Integer> reasonCodes) {
        WireWriter body = new WireWriter().twoBytes(packetId).properties(MqttProperties.NONE);
        reasonCodes.forEach(body::oneByte);
        return packet(type, NO_FLAGS, body);
    }

    private static MqttPacket packet(MqttPacketType type, int flags, WireWriter body) {
        return MqttPacket.of(body.frame(type, flags));
    }
}
