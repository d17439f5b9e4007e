package com.example.telemetry;

import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.testkit.contract.CodecContract;
import java.util.List;

/** The codec keeps what a bridge expects of codecs. */
class ReadingCodecTest extends CodecContract<Reading> {

    @Override
    protected PayloadCodec<Reading> codec() {
        return new ReadingCodec();
    }

    @Override
    protected List<Reading> values() {
        return List.of(new Reading(1, 4.25), new Reading(Integer.MAX_VALUE, -40), new Reading(0, 0));
    }

    /** Every reading takes the same few bytes. */
    @Override
    protected int largeBytes() {
        return 0;
    }

    @Override
    protected List<byte[]> malformed() {
        return List.of(new byte[0], new byte[] {2, 0, 0, 0, 1, 0, 1}, new byte[] {1, 0, 0, 0, 1, 0, 1, 0});
    }
}
