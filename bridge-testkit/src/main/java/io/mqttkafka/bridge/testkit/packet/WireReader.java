package io.mqttkafka.bridge.testkit.packet;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the body of an MQTT 5 packet; each method throws {@link IllegalArgumentException} for what the specification
 * forbids.
 */
final class WireReader {

    private static final int CONTINUED = 0x80;
    private static final int SEVEN_BITS = 0x7F;
    private static final int VARIABLE_MAX_BYTES = 4;

    private final ByteBuffer bytes;

    WireReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    boolean hasMore() {
        return bytes.hasRemaining();
    }

    int oneByte() {
        try {
            return bytes.get() & 0xFF;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("The packet ends too early", e);
        }
    }

    int twoBytes() {
        return oneByte() << 8 | oneByte();
    }

    long fourBytes() {
        return (long) twoBytes() << 16 | twoBytes();
    }

    long variable() {
        long value = 0;
        for (int i = 0; i < VARIABLE_MAX_BYTES; i++) {
            int next = oneByte();
            value |= (long) (next & SEVEN_BITS) << (7 * i);
            if ((next & CONTINUED) == 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("A variable byte integer has more than four bytes");
    }

    String text() {
        byte[] utf8 = data();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("A text is not UTF-8", e);
        }
    }

    byte[] data() {
        return raw(twoBytes());
    }

    byte[] rest() {
        return raw(bytes.remaining());
    }

    MqttProperties properties() {
        WireReader inner = new WireReader(ByteBuffer.wrap(raw((int) variable())));
        List<MqttProperties.Entry> entries = new ArrayList<>();
        Set<MqttProperty> seen = EnumSet.noneOf(MqttProperty.class);
        while (inner.hasMore()) {
            MqttProperty property = MqttProperty.ofId((int) inner.variable());
            if (!seen.add(property) && !property.mayRepeat()) {
                throw new IllegalArgumentException("The property " + property + " is there twice");
            }
            entries.add(new MqttProperties.Entry(property, inner.value(property.kind())));
        }
        return MqttProperties.of(entries);
    }

    void end() {
        if (hasMore()) {
            throw new IllegalArgumentException("The packet has " + bytes.remaining() + " bytes too many");
        }
    }

    private Object value(MqttProperty.Kind kind) {
        return switch (kind) {
            case BYTE -> (long) oneByte();
            case TWO_BYTES -> (long) twoBytes();
            case FOUR_BYTES -> fourBytes();
            case VARIABLE -> variable();
            case TEXT -> text();
            case DATA -> data();
            case PAIR -> Map.entry(text(), text());
        };
    }

    private byte[] raw(int length) {
        if (length > bytes.remaining()) {
            throw new IllegalArgumentException("The packet ends " + (length - bytes.remaining()) + " bytes too early");
        }
        byte[] value = new byte[length];
        bytes.get(value);
        return value;
    }
}
