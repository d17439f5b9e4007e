package io.mqttkafka.bridge.core.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.session.SendPace;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What waits for a broker that does not read. */
class PacketWriterTest {
    private static final int PACKET_IDS = 65_535;

    private final PublishSession session = new PublishSession(10, 1 << 20, new SendPace(() -> {}), () -> {});
    private final CountDownLatch reads = new CountDownLatch(1);
    private final AtomicReference<Throwable> broken = new AtomicReference<>();
    private final CountDownLatch brokenOnce = new CountDownLatch(1);

    private PacketWriter writer = writer(false);

    @AfterEach
    void end() {
        reads.countDown();
        writer.stop();
    }

    private PacketWriter writer(boolean failing) {
        return new PacketWriter(
                "writer",
                session,
                new PacketOutput() {
                    @Override
                    public PacketBatch batch(int size) {
                        return new PacketBatch(size);
                    }

                    @Override
                    public void write(PacketBatch packets) {
                        if (failing) {
                            throw new OutOfMemoryError("Java heap space");
                        }
                        try {
                            reads.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                },
                InstantSource.system(),
                cause -> {
                    broken.set(cause);
                    brokenOnce.countDown();
                });
    }

    /** Each answer would be five bytes more, for as long as the broker likes. */
    @Test
    void receivedOfUnknownIds_withoutEnd_isAProtocolViolation() {
        session.connected(false, 10, writer);
        writer.start();

        assertThatExceptionOfType(ProtocolViolation.class)
                .isThrownBy(() -> {
                    // The thread may take what waits with it once, and is held up with that.
                    for (int i = 0; i < 3 * PACKET_IDS; i++) {
                        session.pubrec(1 + i % 30_000, 0);
                    }
                })
                .withMessageContaining("PUBREC");
    }

    @Test
    void receivedOfUnknownIds_asManyAsThereAreIds_areAnswered() {
        session.connected(false, 10, writer);
        for (int i = 1; i <= PACKET_IDS; i++) {
            session.pubrec(i, 0);
        }

        assertThat(writer).hasToString("PacketWriter[" + 5 * PACKET_IDS + " bytes]");
    }

    @Test
    void errorOfTheThread_isTold() throws InterruptedException {
        writer = writer(true);
        session.connected(false, 10, writer);
        writer.start();
        session.pubrec(1, 0);

        assertThat(brokenOnce.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(broken.get()).isInstanceOf(OutOfMemoryError.class);
    }
}
