package com.example.telemetry;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.error.MalformedPayloadException;
import java.nio.ByteBuffer;

/** The form in which sensors send readings: a version, the number, and the temperature in hundredths of a degree. */
public final class ReadingCodec implements PayloadCodec<Reading> {

    private static final byte VERSION = 1;
    private static final int LENGTH = 1 + Integer.BYTES + Short.BYTES;

    @Override
    public Reading decode(byte[] payload, CodecContext context) {
        if (payload.length != LENGTH || payload[0] != VERSION) {
            throw new MalformedPayloadException("A reading has " + LENGTH + " bytes and begins with the version "
                    + VERSION + ", but this payload has " + payload.length + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.wrap(payload, 1, LENGTH - 1);
        return new Reading(bytes.getInt(), bytes.getShort() / 100.0);
    }

    @Override
    public byte[] encode(Reading reading, CodecContext context) {
        long hundredths = Math.round(reading.celsius() * 100);
        if (hundredths != (short) hundredths) {
            throw new MalformedPayloadException("The temperature must fit into 16 bits of hundredths of a degree");
        }
        return ByteBuffer.allocate(LENGTH)
                .put(VERSION)
                .putInt(reading.number())
                .putShort((short) hundredths)
                .array();
    }
}
