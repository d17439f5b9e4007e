package io.mqttkafka.bridge.core.mqtt.control;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnection.Subscription;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttConnect;
import org.eclipse.paho.mqttv5.common.packet.MqttDisconnect;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttSubscribe;
import org.eclipse.paho.mqttv5.common.packet.MqttUnsubscribe;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;
import org.jspecify.annotations.Nullable;

/**
 * Writes the packets that ask for something: those of MQTT 5 by the packet classes of Eclipse Paho, which know no 3.1.1; those of
 * that itself.
 */
public final class ControlPackets {
    private static final long NEVER_EXPIRES = 0xFFFF_FFFFL;
    private static final int DO_NOT_REPLAY_RETAINED = 1;
    private static final int SUBSCRIBE_HEADER = 5 + 2 + 6;
    private static final int UNSUBSCRIBE_HEADER = 5 + 2 + 1;
    private static final int CONNECT = 0x10;
    private static final int SUBSCRIBE = 0x82;
    private static final int UNSUBSCRIBE = 0xA2;
    private static final int CLEAN_SESSION = 0x02;
    private static final int WILL_RETAINED_AT_QOS_1 = 0x04 | 0x08 | 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;
    private static final byte[] DISCONNECT_3_1_1 = {(byte) 0xE0, 0};
    private static final byte[] PINGREQ = {(byte) 0xC0, 0};

    private ControlPackets() {}

    /**
     * Writes CONNECT.
     *
     * @param options what to ask for
     * @param clientId the client id
     * @param password the password, or null
     * @param will what the broker publishes if the connection breaks, or null
     * @return the packet
     */
    public static byte[] connect(MqttOptions options, String clientId, @Nullable String password, @Nullable Will will) {
        MqttProperties properties = new MqttProperties();
        properties.setSessionExpiryInterval(Math.min(options.sessionExpiry().toSeconds(), NEVER_EXPIRES));
        properties.setReceiveMaximum(options.receiveMaximum());
        properties.setMaximumPacketSize((long) options.maximumPacketSize());
        MqttProperties ofWill = new MqttProperties();
        MqttConnect connect = new MqttConnect(
                clientId,
                ProtocolVersion.V5.level(),
                options.cleanStart(),
                (int) options.keepAlive().toSeconds(),
                properties,
                ofWill);
        if (options.username() != null) {
            connect.setUserName(options.username());
        }
        if (password != null) {
            connect.setPassword(password.getBytes(StandardCharsets.UTF_8));
        }
        if (will != null) {
            ofWill.setWillDelayInterval(will.delay().toSeconds());
            connect.setWillDestination(will.topic());
            connect.setWillMessage(new MqttMessage(will.payload(), 1, true, null));
        }
        return bytes(connect);
    }

    /**
     * Writes CONNECT of MQTT 3.1.1, which knows no expiry: a session either ends with the connection or is kept as the broker
     * pleases. It has no room for limits of ours either, nor for a delay of the will.
     *
     * @param options what to ask for
     * @param clientId the client id
     * @param cleanSession whether the session begins and ends with the connection
     * @param password the password, or null; MQTT 3.1.1 takes it with a user name only
     * @param will what the broker publishes if the connection breaks, or null
     * @return the packet
     */
    public static byte[] connect311(
            MqttOptions options,
            String clientId,
            boolean cleanSession,
            @Nullable String password,
            @Nullable Will will) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, "MQTT");
        body.write(ProtocolVersion.V3_1_1.level());
        body.write((cleanSession ? CLEAN_SESSION : 0)
                | (will == null ? 0 : WILL_RETAINED_AT_QOS_1)
                | (password == null ? 0 : PASSWORD)
                | (options.username() == null ? 0 : USER_NAME));
        uint16(body, (int) options.keepAlive().toSeconds());
        text(body, clientId);
        if (will != null) {
            text(body, will.topic());
            data(body, will.payload());
        }
        if (options.username() != null) {
            text(body, options.username());
        }
        if (password != null) {
            text(body, password);
        }
        return packet(CONNECT, body);
    }

    private static byte[] subscribe311(int packetId, List<Subscription> subscriptions) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        uint16(body, packetId);
        for (Subscription one : subscriptions) {
            text(body, one.filter());
            body.write(one.qos());
        }
        return packet(SUBSCRIBE, body);
    }

    private static byte[] unsubscribe311(int packetId, List<String> filters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        uint16(body, packetId);
        filters.forEach(filter -> text(body, filter));
        return packet(UNSUBSCRIBE, body);
    }

    private static void text(ByteArrayOutputStream body, String text) {
        data(body, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void data(ByteArrayOutputStream body, byte[] bytes) {
        uint16(body, bytes.length);
        body.writeBytes(bytes);
    }

    private static void uint16(ByteArrayOutputStream body, int value) {
        body.write(value >> 8);
        body.write(value);
    }

    private static byte[] packet(int firstByte, ByteArrayOutputStream body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream(5 + body.size());
        packet.write(firstByte);
        int rest = body.size();
        while (rest >= 0x80) {
            packet.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        packet.write(rest);
        packet.writeBytes(body.toByteArray());
        return packet.toByteArray();
    }

    /**
     * Writes SUBSCRIBE.
     *
     * @param version the version of MQTT; 3.1.1 knows filter and QoS only
     * @param packetId the packet id
     * @param subscriptions what to ask for; all with the same identifier
     * @return the packet
     */
    public static byte[] subscribe(ProtocolVersion version, int packetId, List<Subscription> subscriptions) {
        if (!version.hasProperties()) {
            return subscribe311(packetId, subscriptions);
        }
        MqttSubscription[] filters = new MqttSubscription[subscriptions.size()];
        for (int i = 0; i < filters.length; i++) {
            Subscription one = subscriptions.get(i);
            filters[i] = new MqttSubscription(one.filter(), one.qos());
            filters[i].setRetainHandling(DO_NOT_REPLAY_RETAINED);
            filters[i].setRetainAsPublished(one.retainAsPublished());
        }
        MqttProperties properties = new MqttProperties();
        int identifier = subscriptions.get(0).identifier();
        if (identifier > 0) {
            properties.setSubscriptionIdentifier(identifier);
        }
        MqttSubscribe subscribe = new MqttSubscribe(filters, properties);
        subscribe.setMessageId(packetId);
        return bytes(subscribe);
    }

    /**
     * Writes UNSUBSCRIBE.
     *
     * @param version the version of MQTT
     * @param packetId the packet id
     * @param filters what to remove from the session
     * @return the packet
     */
    public static byte[] unsubscribe(ProtocolVersion version, int packetId, List<String> filters) {
        if (!version.hasProperties()) {
            return unsubscribe311(packetId, filters);
        }
        MqttUnsubscribe unsubscribe = new MqttUnsubscribe(filters.toArray(new String[0]), new MqttProperties());
        unsubscribe.setMessageId(packetId);
        return bytes(unsubscribe);
    }

    /** Returns PINGREQ. */
    public static byte[] pingreq() {
        return PINGREQ.clone();
    }

    /**
     * Writes DISCONNECT.
     *
     * @param version the version of MQTT
     * @param reasonCode the reason to give; 3.1.1 has no room for one
     * @return the packet; null if there is none to send: in MQTT 3.1.1 it says that all is well, and voids the will
     */
    public static byte @Nullable [] disconnect(ProtocolVersion version, int reasonCode) {
        if (!version.hasProperties()) {
            return reasonCode == 0 ? DISCONNECT_3_1_1.clone() : null;
        }
        try {
            return bytes(new MqttDisconnect(reasonCode, new MqttProperties()));
        } catch (MqttException e) {
            throw new IllegalStateException("DISCONNECT cannot be written", e);
        }
    }

    private static byte[] bytes(MqttWireMessage packet) {
        try {
            byte[] header = packet.getHeader();
            byte[] payload = packet.getPayload();
            byte[] bytes = Arrays.copyOf(header, header.length + payload.length);
            System.arraycopy(payload, 0, bytes, header.length, payload.length);
            return bytes;
        } catch (MqttException e) {
            throw new IllegalStateException(packet.getClass().getSimpleName() + " cannot be written", e);
        }
    }

    /**
     * Says how many filters go into one SUBSCRIBE.
     *
     * @param subscriptions what to ask for
     * @param from which is the first
     * @param most the most filters
     * @param maximumPacketSize the largest packet that the broker takes
     * @return where the packet ends; {@code from} if not even one filter fits
     */
    public static int subscribeEnd(List<Subscription> subscriptions, int from, int most, long maximumPacketSize) {
        long room = maximumPacketSize - SUBSCRIBE_HEADER;
        int to = from;
        while (to < subscriptions.size()
                && to - from < most
                // An identifier belongs to all filters of its packet.
                && (to == from || subscriptions.get(from).identifier() == 0)
                && (room -= 3 + length(subscriptions.get(to).filter())) >= 0) {
            to++;
        }
        return to;
    }

    /**
     * Says how many filters go into one UNSUBSCRIBE.
     *
     * @param filters what to remove
     * @param from which is the first
     * @param most the most filters
     * @param maximumPacketSize the largest packet that the broker takes
     * @return where the packet ends; {@code from} if not even one filter fits
     */
    public static int unsubscribeEnd(List<String> filters, int from, int most, long maximumPacketSize) {
        long room = maximumPacketSize - UNSUBSCRIBE_HEADER;
        int to = from;
        while (to < filters.size() && to - from < most && (room -= 2 + length(filters.get(to))) >= 0) {
            to++;
        }
        return to;
    }

    private static int length(String filter) {
        return filter.getBytes(StandardCharsets.UTF_8).length;
    }
}
