package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Writes the broker's packets for MQTT 3.1.1 clients, without what that version does not know. */
final class Version3Writer {

    private static final int DUP = 0x08;
    private static final int RETAIN = 0x01;
    private static final int REFUSED = 0x80;
    private static final int PUBREL_FLAGS = 0x02;
    private static final int NO_FLAGS = 0;
    private static final int CONTINUED = 0x80;
    private static final int SEVEN_BITS = 0x7F;

    private Version3Writer() {}

    /** Returns the bytes to send; none for a packet MQTT 3.1.1 has not. */
    static ByteBuf write(MqttPacket packet) {
        ByteBuf body = Unpooled.buffer();
        return switch (packet.type()) {
            case CONNACK -> frame(packet, NO_FLAGS, body.writeBytes(connack(packet)));
            case PUBLISH -> publish(packet, packet.publish(), body);
            case PUBREL -> frame(packet, PUBREL_FLAGS, body.writeShort(packet.packetId()));
            case PUBACK, PUBREC, PUBCOMP, UNSUBACK -> frame(packet, NO_FLAGS, body.writeShort(packet.packetId()));
            case SUBACK -> frame(packet, NO_FLAGS, suback(packet, body));
            case PINGRESP -> frame(packet, NO_FLAGS, body);
            default -> Unpooled.EMPTY_BUFFER;
        };
    }

    private static byte[] connack(MqttPacket packet) {
        int code =
                switch (packet.reasonCode()) {
                    case ReasonCodes.SUCCESS -> 0;
                    case ReasonCodes.UNSUPPORTED_PROTOCOL_VERSION -> 1;
                    case ReasonCodes.CLIENT_IDENTIFIER_NOT_VALID -> 2;
                    case ReasonCodes.BAD_USER_NAME_OR_PASSWORD -> 4;
                    case ReasonCodes.NOT_AUTHORIZED -> 5;
                    default -> 3;
                };
        byte sessionPresent = packet.bytes()[2];
        return new byte[] {sessionPresent, (byte) code};
    }

    private static ByteBuf publish(MqttPacket packet, PublishPacket publish, ByteBuf body) {
        body.writeShort(ByteBufUtil.utf8Bytes(publish.topic()));
        ByteBufUtil.writeUtf8(body, publish.topic());
        if (publish.qos() > 0) {
            body.writeShort(publish.packetId());
        }
        body.writeBytes(publish.payload());
        int flags = (publish.dup() ? DUP : 0) | publish.qos() << 1 | (publish.retain() ? RETAIN : 0);
        return frame(packet, flags, body);
    }

    // id, no properties, one code for each filter
    private static ByteBuf suback(MqttPacket packet, ByteBuf body) {
        body.writeShort(packet.packetId());
        ByteBuf codes = Unpooled.wrappedBuffer(packet.bytes());
        codes.skipBytes(1);
        while ((codes.readByte() & CONTINUED) != 0) {
            // the length, of which only the end matters
        }
        codes.skipBytes(3);
        while (codes.isReadable()) {
            int code = codes.readUnsignedByte();
            body.writeByte(ReasonCodes.isError(code) ? REFUSED : code);
        }
        return body;
    }

    private static ByteBuf frame(MqttPacket packet, int flags, ByteBuf body) {
        MqttPacketType type = packet.type();
        ByteBuf frame = Unpooled.buffer(body.readableBytes() + 5);
        frame.writeByte(type.code() << 4 | flags);
        int rest = body.readableBytes();
        while (rest > SEVEN_BITS) {
            frame.writeByte((rest & SEVEN_BITS) | CONTINUED);
            rest >>>= 7;
        }
        return frame.writeByte(rest).writeBytes(body);
    }
}
