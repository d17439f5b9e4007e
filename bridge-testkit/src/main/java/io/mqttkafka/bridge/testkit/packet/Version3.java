package io.mqttkafka.bridge.testkit.packet;

import java.nio.ByteBuffer;

/**
 * Turns packets of MQTT 3.1.1 into the packets of MQTT 5 that mean the same, and back. What MQTT 3.1.1 does not know, such as
 * properties and most reasons, is left out.
 */
final class Version3 {

    /** The protocol level in CONNECT. */
    static final int LEVEL = 4;

    private static final int[] REASON_CODES = {0, 0x84, 0x85, 0x88, 0x86, 0x87};
    private static final int REFUSED = 0x80;
    private static final int SERVER_UNAVAILABLE = 3;
    private static final byte[] NONE = {};

    private Version3() {}

    /** Says whether a frame is the CONNECT of a client of MQTT 3.1.1. */
    static boolean begins(byte[] frame) {
        MqttPacket packet = MqttPacket.of(frame);
        if (packet.type() != MqttPacketType.CONNECT) {
            return false;
        }
        WireReader body = packet.body();
        body.text();
        return body.oneByte() == LEVEL;
    }

    /** Returns the frame of MQTT 5 that means the same; CONNECT stays as it is, since it says itself which version it is of. */
    static byte[] toVersion5(byte[] frame) {
        MqttPacket packet = MqttPacket.of(frame);
        WireReader body = packet.body();
        WireWriter writer = new WireWriter();
        switch (packet.type()) {
            case CONNACK -> {
                int flags = body.oneByte();
                int code = body.oneByte();
                body.end();
                if (code >= REASON_CODES.length) {
                    throw new IllegalArgumentException("CONNACK of MQTT 3.1.1 must not have the return code " + code);
                }
                writer.oneByte(flags).oneByte(REASON_CODES[code]).properties(MqttProperties.NONE);
            }
            case PUBLISH -> {
                writer.text(body.text());
                if ((packet.flags() >> 1 & 3) > 0) {
                    writer.twoBytes(body.twoBytes());
                }
                writer.properties(MqttProperties.NONE).raw(body.rest());
            }
            case SUBSCRIBE, SUBACK, UNSUBSCRIBE ->
                writer.twoBytes(body.twoBytes()).properties(MqttProperties.NONE).raw(body.rest());
            case UNSUBACK -> {
                writer.twoBytes(body.twoBytes()).properties(MqttProperties.NONE);
                body.end();
            }
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> {
                writer.twoBytes(body.twoBytes());
                body.end();
            }
            case PINGREQ, PINGRESP, DISCONNECT -> body.end();
            case AUTH -> throw new IllegalArgumentException("MQTT 3.1.1 has no AUTH");
            case CONNECT -> {
                return frame;
            }
        }
        return writer.frame(packet.type(), packet.flags());
    }

    /** Returns the frames of MQTT 3.1.1 that mean the same as these of MQTT 5, which must be whole. */
    static byte[] fromVersion5(byte[] frames) {
        WireWriter writer = new WireWriter();
        ByteBuffer rest = ByteBuffer.wrap(frames);
        while (rest.hasRemaining()) {
            int start = rest.position();
            rest.get();
            int length = (int) new WireReader(rest).variable();
            int end = rest.position() + length;
            byte[] frame = new byte[end - start];
            rest.position(start);
            rest.get(frame);
            writer.raw(one(MqttPacket.of(frame)));
        }
        return writer.bytes();
    }

    private static byte[] one(MqttPacket packet) {
        WireWriter writer = new WireWriter();
        switch (packet.type()) {
            case CONNACK -> writer.oneByte(packet.body().oneByte()).oneByte(returnCode(packet.reasonCode()));
            case PUBLISH -> {
                PublishPacket publish = packet.publish();
                writer.text(publish.topic());
                if (publish.qos() > 0) {
                    writer.twoBytes(publish.packetId());
                }
                writer.raw(publish.payload());
            }
            case SUBACK -> {
                WireReader body = packet.body();
                writer.twoBytes(body.twoBytes());
                body.properties();
                while (body.hasMore()) {
                    writer.oneByte(Math.min(body.oneByte(), REFUSED));
                }
            }
            case SUBSCRIBE, UNSUBSCRIBE -> {
                WireReader body = packet.body();
                writer.twoBytes(body.twoBytes());
                body.properties();
                writer.raw(body.rest());
            }
            case PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK -> writer.twoBytes(packet.packetId());
            case PINGREQ, PINGRESP -> {
                // They say nothing.
            }
            case DISCONNECT, AUTH -> {
                // A broker of MQTT 3.1.1 closes the connection without a word.
                return NONE;
            }
            case CONNECT -> {
                return packet.bytes();
            }
        }
        return writer.frame(packet.type(), packet.flags());
    }

    private static int returnCode(int reasonCode) {
        for (int code = 0; code < REASON_CODES.length; code++) {
            if (REASON_CODES[code] == reasonCode) {
                return code;
            }
        }
        return SERVER_UNAVAILABLE;
    }
}
