package io.mqttkafka.bridge.testkit.packet;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Builds the body of an MQTT 5 packet and frames it. */
final class WireWriter {

    private static final int CONTINUED = 0x80;
    private static final int SEVEN_BITS = 0x7F;

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    WireWriter oneByte(int value) {
        body.write(value);
        return this;
    }

    WireWriter twoBytes(int value) {
        return oneByte(value >>> 8).oneByte(value);
    }

    WireWriter fourBytes(long value) {
        return twoBytes((int) (value >>> 16)).twoBytes((int) value);
    }

    WireWriter variable(long value) {
        long rest = value;
        while (rest > SEVEN_BITS) {
            oneByte((int) (rest & SEVEN_BITS) | CONTINUED);
            rest >>>= 7;
        }
        return oneByte((int) rest);
    }

    WireWriter text(String value) {
        return data(value.getBytes(StandardCharsets.UTF_8));
    }

    WireWriter data(byte[] value) {
        return twoBytes(value.length).raw(value);
    }

    WireWriter raw(byte[] value) {
        body.writeBytes(value);
        return this;
    }

    WireWriter properties(MqttProperties properties) {
        WireWriter inner = new WireWriter();
        properties.entries().forEach(inner::property);
        byte[] encoded = inner.bytes();
        return variable(encoded.length).raw(encoded);
    }

    /** Returns all that was written so far. */
    byte[] bytes() {
        return body.toByteArray();
    }

    /** Returns the whole packet: its first byte, its length and all that was written so far. */
    byte[] frame(MqttPacketType type, int flags) {
        WireWriter packet = new WireWriter();
        packet.oneByte(type.code() << 4 | flags).variable(body.size()).raw(body.toByteArray());
        return packet.bytes();
    }

    private void property(MqttProperties.Entry entry) {
        Object value = entry.value();
        variable(entry.property().id());
        switch (entry.property().kind()) {
            case BYTE -> oneByte(((Long) value).intValue());
            case TWO_BYTES -> twoBytes(((Long) value).intValue());
            case FOUR_BYTES -> fourBytes((Long) value);
            case VARIABLE -> variable((Long) value);
            case TEXT -> text((String) value);
            case DATA -> data((byte[]) value);
            case PAIR -> {
                Map.Entry<?, ?> pair = (Map.Entry<?, ?>) value;
                text((String) pair.getKey()).text((String) pair.getValue());
            }
        }
    }
}
