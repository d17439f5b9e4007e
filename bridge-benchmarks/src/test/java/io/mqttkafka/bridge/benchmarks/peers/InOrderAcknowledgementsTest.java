package io.mqttkafka.bridge.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.clients.producer.Callback;
import org.junit.jupiter.api.Test;

class InOrderAcknowledgementsTest {
    private final InOrderAcknowledgements acknowledgements = new InOrderAcknowledgements(PacketType.PUBACK);

    @Test
    void drainTo_laterMessageInKafka_waitsForTheEarlier() {
        Callback first = acknowledgements.expect(7);
        Callback second = acknowledgements.expect(8);

        second.onCompletion(null, null);
        assertThat(drain()).isEmpty();

        first.onCompletion(null, null);
        assertThat(drain()).containsExactly(0x40, 2, 0, 7, 0x40, 2, 0, 8);
        assertThat(drain()).isEmpty();
    }

    @Test
    void drainTo_moreMessagesThanSlots_goesRound() {
        for (int message = 0; message < 70_000; message++) {
            acknowledgements.expect(5).onCompletion(null, null);
            assertThat(drain()).containsExactly(0x40, 2, 0, 5);
        }
    }

    private byte[] drain() {
        FrameWriter frames = new FrameWriter();
        acknowledgements.drainTo(frames);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            frames.flushTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
