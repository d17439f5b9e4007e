package io.mqttkafka.bridge.core.mqtt.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads the data types of MQTT from arrays, and hashes ranges of them. */
public final class Bytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private Bytes() {}

    static int uint16(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
    }

    static long uint32(byte[] bytes, int at) {
        return (long) uint16(bytes, at) << 16 | uint16(bytes, at + 2);
    }

    /**
     * Hashes a range. The same bytes and seed give the same hash in this process and in every other.
     *
     * @param bytes the array
     * @param from where the range begins
     * @param length how long it is
     * @param seed a number to start from, such as the hash of another range
     * @return the hash
     */
    public static long hash(byte[] bytes, int from, int length, long seed) {
        long hash = seed ^ length * MULTIPLIER;
        int at = from;
        int end = from + length;
        for (; at <= end - 8; at += 8) {
            hash = mix(hash ^ (long) LONGS.get(bytes, at));
        }
        long rest = 0;
        for (; at < end; at++) {
            rest = rest << 8 | (bytes[at] & 0xFF);
        }
        return mix(hash ^ rest);
    }

    private static long mix(long value) {
        long high = Math.multiplyHigh(value, MULTIPLIER);
        return value * MULTIPLIER ^ high ^ value >>> 32;
    }

    /** Reads UTF-8 strictly: what is not UTF-8, or holds NUL, is malformed. */
    static String utf8(byte[] bytes, int from, int length) throws MalformedPacketException {
        for (int at = from; at < from + length; at++) {
            if (bytes[at] <= 0) {
                return beyondAscii(bytes, from, length);
            }
        }
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    private static String beyondAscii(byte[] bytes, int from, int length) throws MalformedPacketException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, from, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedPacketException("a string is not UTF-8");
        }
        if (text.indexOf('\0') >= 0) {
            throw new MalformedPacketException("a string holds the character NUL");
        }
        return text;
    }
}
