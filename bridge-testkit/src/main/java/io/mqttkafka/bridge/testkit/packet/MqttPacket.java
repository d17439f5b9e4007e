package io.mqttkafka.bridge.testkit.packet;

import java.nio.ByteBuffer;

/**
 * One MQTT 5 control packet as it was on the wire.
 *
 * <p>Immutable as long as nobody writes to {@link #bytes()}; two packets are equal only if they share that array.
 *
 * @param type what the packet is
 * @param flags the lower half of its first byte
 * @param bytes all of it, fixed header included
 */
public record MqttPacket(MqttPacketType type, int flags, byte[] bytes) {

    private static final int RESERVED_FLAGS = 0;
    private static final int REQUIRED_FLAGS = 2;

    /**
     * Reads a packet that is complete.
     *
     * @throws IllegalArgumentException if the type is unknown or the length does not fit
     */
    static MqttPacket of(byte[] bytes) {
        MqttPacket packet = new MqttPacket(MqttPacketType.ofFirstByte(bytes[0]), bytes[0] & 0x0F, bytes);
        packet.body();
        return packet;
    }

    /**
     * Returns the packet id.
     *
     * @throws IllegalArgumentException if this packet has none or is malformed
     */
    public int packetId() {
        return switch (type) {
            case PUBLISH -> publish().packetId();
            case PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK -> body().twoBytes();
            default -> throw new IllegalArgumentException(type + " has no packet id");
        };
    }

    /**
     * Returns the reason code, which is 0 where the packet leaves it out.
     *
     * @throws IllegalArgumentException if packets of this type have none, or more than one, or it is malformed
     */
    public int reasonCode() {
        WireReader body = body();
        switch (type) {
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> body.twoBytes();
            case CONNACK -> body.oneByte();
            case DISCONNECT, AUTH -> {}
            default -> throw new IllegalArgumentException(type + " has no reason code of its own");
        }
        return body.hasMore() ? body.oneByte() : 0;
    }

    /**
     * Returns the properties, which are none where the packet leaves them out.
     *
     * @throws IllegalArgumentException if packets of this type have none, or it is malformed
     */
    public MqttProperties properties() {
        WireReader body = body();
        switch (type) {
            case CONNECT -> {
                return ConnectPacket.decode(this).properties();
            }
            case PUBLISH -> {
                return publish().properties();
            }
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> body.twoBytes();
            case CONNACK -> body.oneByte();
            case SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK -> {
                body.twoBytes();
                return body.properties();
            }
            case DISCONNECT, AUTH -> {}
            default -> throw new IllegalArgumentException(type + " has no properties");
        }
        if (body.hasMore()) {
            body.oneByte();
        }
        return body.hasMore() ? body.properties() : MqttProperties.NONE;
    }

    /**
     * Returns what this PUBLISH says.
     *
     * @throws IllegalArgumentException if it is of another type or malformed
     */
    public PublishPacket publish() {
        return PublishPacket.decode(this);
    }

    /**
     * Returns what this CONNECT says.
     *
     * @throws IllegalArgumentException if it is of another type or malformed
     */
    public ConnectPacket connect() {
        return ConnectPacket.decode(this);
    }

    /**
     * Returns what this SUBSCRIBE says.
     *
     * @throws IllegalArgumentException if it is of another type or malformed
     */
    public SubscribePacket subscribe() {
        return SubscribePacket.decode(this);
    }

    /**
     * Returns what this UNSUBSCRIBE says.
     *
     * @throws IllegalArgumentException if it is of another type or malformed
     */
    public UnsubscribePacket unsubscribe() {
        return UnsubscribePacket.decode(this);
    }

    /** Returns one line that says what matters about this packet, and never a password or a payload. */
    @Override
    public String toString() {
        try {
            return type + details();
        } catch (IllegalArgumentException e) {
            return type + " malformed (" + e.getMessage() + "), " + bytes.length + " bytes";
        }
    }

    /** Returns a reader behind the fixed header. */
    WireReader body() {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.get();
        long length = new WireReader(buffer).variable();
        if (length != buffer.remaining()) {
            throw new IllegalArgumentException(
                    "The packet says it has " + length + " bytes, but has " + buffer.remaining());
        }
        return new WireReader(buffer);
    }

    void require(MqttPacketType expected) {
        if (type != expected) {
            throw new IllegalArgumentException(type + " is no " + expected);
        }
    }

    /** Checks that a client was allowed to send this packet the way it is. */
    void checkFromClient() {
        if (type != MqttPacketType.PUBLISH) {
            checkFlags();
        }
        switch (type) {
            case CONNECT -> ConnectPacket.decode(this);
            case PUBLISH -> publish();
            case SUBSCRIBE -> SubscribePacket.decode(this);
            case UNSUBSCRIBE -> UnsubscribePacket.decode(this);
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> checkAck();
            case DISCONNECT, AUTH -> properties();
            case PINGREQ -> body().end();
            default -> throw new IllegalArgumentException("A client must not send " + type);
        }
    }

    private void checkFlags() {
        int expected =
                switch (type) {
                    case PUBREL, SUBSCRIBE, UNSUBSCRIBE -> REQUIRED_FLAGS;
                    default -> RESERVED_FLAGS;
                };
        if (flags != expected) {
            throw new IllegalArgumentException(type + " must have the flags " + expected + ", but has " + flags);
        }
    }

    private void checkAck() {
        if (packetId() == 0) {
            throw new IllegalArgumentException(type + " has packet id 0");
        }
        properties();
    }

    private String details() {
        return switch (type) {
            case CONNECT -> " " + ConnectPacket.decode(this);
            case PUBLISH -> " " + publish();
            case SUBSCRIBE -> " " + SubscribePacket.decode(this);
            case UNSUBSCRIBE -> " " + UnsubscribePacket.decode(this);
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> " id=" + packetId() + reasonDetails();
            case CONNACK -> " sessionPresent=" + (body().oneByte() == 1) + reasonDetails();
            case SUBACK, UNSUBACK -> " id=" + packetId();
            case DISCONNECT, AUTH -> reasonDetails();
            case PINGREQ, PINGRESP -> "";
        };
    }

    private String reasonDetails() {
        MqttProperties properties = properties();
        return " reason=0x%02X".formatted(reasonCode()) + (properties.isEmpty() ? "" : " " + properties);
    }
}
