package io.mqttkafka.bridge.testkit.packet;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a client's CONNECT says.
 *
 * <p>Immutable as long as nobody writes to its arrays; it is meant to be read, not compared.
 *
 * @param keepAlive in seconds; 0 for none
 * @param properties those of the connection, not those of the will; none in MQTT 3.1.1
 * @param version the protocol level: 5, or 4 for MQTT 3.1.1
 */
public record ConnectPacket(
        String clientId,
        boolean cleanStart,
        int keepAlive,
        Optional<String> userName,
        Optional<byte[]> password,
        Optional<Will> will,
        MqttProperties properties,
        int version) {

    /** Says it by MQTT 5. */
    public ConnectPacket(
            String clientId,
            boolean cleanStart,
            int keepAlive,
            Optional<String> userName,
            Optional<byte[]> password,
            Optional<Will> will,
            MqttProperties properties) {
        this(clientId, cleanStart, keepAlive, userName, password, will, properties, VERSION);
    }

    /**
     * The message the broker is to publish when the connection is lost.
     *
     * <p>Immutable as long as nobody writes to the payload.
     */
    public record Will(String topic, byte[] payload, int qos, boolean retain, MqttProperties properties) {}

    private static final String PROTOCOL = "MQTT";
    private static final int VERSION = 5;
    private static final int RESERVED = 0x01;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;

    /** Returns for how many seconds the session is to outlive the connection; 0 where the client does not say. */
    public long sessionExpiry() {
        return properties.number(MqttProperty.SESSION_EXPIRY_INTERVAL).orElse(0);
    }

    /** Returns how many QoS 1 and 2 messages the client takes at once; 65535 where it does not say. */
    public int receiveMaximum() {
        return (int) properties.number(MqttProperty.RECEIVE_MAXIMUM).orElse(65_535);
    }

    /** Returns the largest packet the client takes, in bytes; empty for no limit. */
    public OptionalLong maximumPacketSize() {
        return properties.number(MqttProperty.MAXIMUM_PACKET_SIZE);
    }

    /** Returns all but the password and the will's payload. */
    @Override
    public String toString() {
        return "client=" + clientId
                + " cleanStart=" + cleanStart
                + " keepAlive=" + keepAlive
                + userName.map(name -> " user=" + name).orElse("")
                + will.map(message -> " will=" + message.topic()).orElse("")
                + (version == VERSION ? "" : " version=3.1.1")
                + (properties.isEmpty() ? "" : " " + properties);
    }

    static ConnectPacket decode(MqttPacket packet) {
        packet.require(MqttPacketType.CONNECT);
        WireReader body = packet.body();
        String protocol = body.text();
        int version = body.oneByte();
        if (!protocol.equals(PROTOCOL) || (version != VERSION && version != Version3.LEVEL)) {
            throw new IllegalArgumentException(
                    "Expected MQTT version 5 or 4 (3.1.1), but got " + protocol + " version " + version);
        }
        int flags = body.oneByte();
        if ((flags & RESERVED) != 0) {
            throw new IllegalArgumentException("The reserved connect flag is set");
        }
        int keepAlive = body.twoBytes();
        MqttProperties properties = version == VERSION ? body.properties() : MqttProperties.NONE;
        String clientId = body.text();
        Optional<Will> will = (flags & WILL) == 0 ? Optional.empty() : Optional.of(will(version, flags, body));
        Optional<String> userName = (flags & USER_NAME) == 0 ? Optional.empty() : Optional.of(body.text());
        Optional<byte[]> password = (flags & PASSWORD) == 0 ? Optional.empty() : Optional.of(body.data());
        body.end();
        boolean cleanStart = (flags & CLEAN_START) != 0;
        return new ConnectPacket(clientId, cleanStart, keepAlive, userName, password, will, properties, version);
    }

    private static Will will(int version, int flags, WireReader body) {
        MqttProperties properties = version == VERSION ? body.properties() : MqttProperties.NONE;
        String topic = body.text();
        return new Will(topic, body.data(), flags >> 3 & 3, (flags & WILL_RETAIN) != 0, properties);
    }
}
