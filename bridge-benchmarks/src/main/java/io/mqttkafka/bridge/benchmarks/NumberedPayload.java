package io.mqttkafka.bridge.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * A payload that says which message of which topic it is: topic number, sequence number, filler, CRC-32 of all before.
 */
final class NumberedPayload {
    static final int MIN_BYTES = 3 * Integer.BYTES;

    private static final int FILLER_SEED = 42;

    private NumberedPayload() {}

    /** Payload after payload of one size, in one array that is overwritten by each call. */
    static final class Writer {
        private final CRC32 crc = new CRC32();
        private final ByteBuffer payload;

        Writer(int bytes) {
            payload = ByteBuffer.allocate(bytes);
            new Random(FILLER_SEED).nextBytes(payload.array());
        }

        byte[] write(int topic, int sequence) {
            int crcAt = payload.capacity() - Integer.BYTES;
            payload.putInt(0, topic).putInt(Integer.BYTES, sequence);
            crc.reset();
            crc.update(payload.array(), 0, crcAt);
            payload.putInt(crcAt, (int) crc.getValue());
            return payload.array();
        }
    }

    static boolean isIntact(byte[] payload) {
        if (payload.length < MIN_BYTES) {
            return false;
        }
        int crcAt = payload.length - Integer.BYTES;
        CRC32 crc = new CRC32();
        crc.update(payload, 0, crcAt);
        return ByteBuffer.wrap(payload).getInt(crcAt) == (int) crc.getValue();
    }

    static int topic(byte[] payload) {
        return ByteBuffer.wrap(payload).getInt(0);
    }

    static int sequence(byte[] payload) {
        return ByteBuffer.wrap(payload).getInt(Integer.BYTES);
    }
}
