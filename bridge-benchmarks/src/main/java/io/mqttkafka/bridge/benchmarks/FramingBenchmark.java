package io.mqttkafka.bridge.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.Disconnect;
import io.mqttkafka.bridge.core.mqtt.wire.FrameHandler;
import io.mqttkafka.bridge.core.mqtt.wire.FrameReader;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does it cost per message to take PUBLISH packets off the stream, and to encode their acknowledgements?
 *
 * <pre>{@code
 * mvn -q -B -ntp -Pjmh -pl bridge-benchmarks -am compile -Djmh.args="FramingBenchmark -prof gc"
 * }</pre>
 *
 * <p>Run it with {@code -prof gc}: the bytes per message, {@code gc.alloc.rate.norm}, are half of the answer.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FramingBenchmark {
    private static final int MESSAGES = 1_000;

    /** An MQTT broker that has no end of messages, with a PINGRESP after every thousand. */
    @State(Scope.Thread)
    public static class Stream {
        private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

        /** The length of a payload, in bytes. */
        @Param({"100", "1024"})
        public int payload;

        private final Handler handler = new Handler();
        private FrameReader reader = new FrameReader(InputStream.nullInputStream(), handler, Integer.MAX_VALUE);

        /**
         * Writes the packets.
         *
         * @throws IOException never
         */
        @Setup
        public void connect() throws IOException {
            FrameWriter writer = new FrameWriter();
            for (int i = 0; i < MESSAGES; i++) {
                byte[] topic = ("sensors/site-" + i % 10 + "/device-" + i % 100 + "/temp").getBytes(UTF_8);
                writer.publish(1, 1 + i, topic, new byte[payload]);
            }
            writer.header(PacketType.PINGRESP, 0, 0);
            ByteArrayOutputStream packets = new ByteArrayOutputStream();
            writer.flushTo(packets);
            reader = new FrameReader(new Endless(CONNACK, packets.toByteArray()), handler, Integer.MAX_VALUE);
        }

        /** Handles a thousand messages. */
        private void handle(Blackhole hole, boolean copy) throws IOException {
            handler.hole = hole;
            handler.copy = copy;
            handler.count = 0;
            try {
                reader.run();
            } catch (Turn e) {
                if (handler.count != MESSAGES) {
                    throw new IOException("not every packet was seen", e);
                }
            }
        }
    }

    /** The end of a thousand messages. */
    private static final class Turn extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private static final Turn INSTANCE = new Turn();

        private Turn() {
            super(null, null, false, false);
        }
    }

    /** Looks at a packet like the bridge does. */
    private static final class Handler implements FrameHandler {
        private static final UserPropertyLimit LIMIT = new UserPropertyLimit(64, 16 * 1024);

        private @Nullable Blackhole hole;
        private boolean copy;
        private int count;

        @Override
        public void publish(PublishFrame frame) {
            Blackhole into = hole;
            if (into == null) {
                throw new IllegalStateException("a packet came before the benchmark began");
            }
            long hash = frame.topicHash();
            into.consume(frame.packetId());
            into.consume(frame.fingerprint(hash));
            if (copy) {
                try {
                    into.consume(frame.properties(LIMIT));
                } catch (MalformedPacketException e) {
                    throw new UncheckedIOException(e);
                }
                into.consume(frame.payload());
            }
            count++;
        }

        @Override
        public void beginning(int firstByte) {
            // More follows.
        }

        @Override
        public void arriving(int firstByte, int remainingLength) {
            // The bridge looks whether it may come now: a comparison.
        }

        @Override
        public void pingAnswered() {
            throw Turn.INSTANCE;
        }

        @Override
        public void answered(RequestAnswer answer) {
            throw new IllegalStateException("nothing was subscribed to");
        }

        @Override
        public void connAck(ConnAck connAck) {
            // The reader knows that it is accepted.
        }

        @Override
        public void release(int packetId) {
            throw new IllegalStateException("nothing of QoS 2 was sent");
        }

        @Override
        public void answered(int type, int packetId, int reasonCode) {
            throw new IllegalStateException("nothing was published");
        }

        @Override
        public void disconnected(Disconnect disconnect) {
            throw new IllegalStateException("the stream has no DISCONNECT");
        }
    }

    /** Some bytes once, then others again and again. */
    private static final class Endless extends InputStream {
        private final byte[] rest;
        private byte[] now;
        private int at;

        Endless(byte[] first, byte[] rest) {
            this.rest = rest;
            now = first;
        }

        @Override
        public int read() {
            turn();
            return now[at++] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            turn();
            int count = Math.min(length, now.length - at);
            System.arraycopy(now, at, target, offset, count);
            at += count;
            return count;
        }

        private void turn() {
            if (at == now.length) {
                now = rest;
                at = 0;
            }
        }
    }

    /** The buffer that acknowledgements are gathered in. */
    @State(Scope.Thread)
    public static class Acknowledgements {
        private final PacketBatch buffer = new PacketBatch(MESSAGES * 5);
    }

    /**
     * Parses PUBLISH packets and computes what a repetition is known by.
     *
     * @param stream where they come from
     * @param hole takes the results
     * @throws IOException if the benchmark is wrong
     */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void parsePublish(Stream stream, Blackhole hole) throws IOException {
        stream.handle(hole, false);
    }

    /**
     * The same, and copies properties and payload out of the read buffer, as a message that goes to Kafka needs it.
     *
     * @param stream where they come from
     * @param hole takes the results
     * @throws IOException if the benchmark is wrong
     */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void parseAndCopyPublish(Stream stream, Blackhole hole) throws IOException {
        stream.handle(hole, true);
    }

    /**
     * Encodes PUBACKs.
     *
     * @param acknowledgements where to
     * @return the bytes
     */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public byte[] encodePuback(Acknowledgements acknowledgements) {
        PacketBatch buffer = acknowledgements.buffer;
        buffer.clear();
        for (int id = 1; id <= MESSAGES; id++) {
            buffer.puback(id);
        }
        return buffer.bytes();
    }

    /**
     * Encodes PUBREC and PUBCOMP, as a message of QoS 2 needs them: counted as one.
     *
     * @param acknowledgements where to
     * @return the bytes
     */
    @Benchmark
    @OperationsPerInvocation(MESSAGES / 2)
    public byte[] encodePubrecAndPubcomp(Acknowledgements acknowledgements) {
        PacketBatch buffer = acknowledgements.buffer;
        buffer.clear();
        for (int id = 1; id <= MESSAGES / 2; id++) {
            buffer.pubrec(id);
            buffer.pubcomp(id, true);
        }
        return buffer.bytes();
    }
}
