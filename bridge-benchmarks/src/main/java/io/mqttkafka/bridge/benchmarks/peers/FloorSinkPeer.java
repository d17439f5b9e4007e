package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.benchmarks.wire.FrameReader;
import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The floor from Kafka to MQTT: the least work that does it. One thread polls and publishes in batches within the window,
 * another counts acknowledgements. It looks at no reason code, commits what it has read whether acknowledged or not, survives
 * nothing and is no bridge; it says what the machine, the brokers and the consumer allow.
 */
public final class FloorSinkPeer {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long FULL_WAIT_NANOS = 100_000;
    private static final int FLUSH_BYTES = 64 * 1024;
    private static final int PACKET_IDS = 0xffff;

    private final Consumer<byte[], byte[]> consumer;
    private final FrameReader reader;
    private final OutputStream out;
    private final int qos;
    private final int window;
    private final FrameWriter frames = new FrameWriter();
    private long published;
    private volatile long acknowledged;

    private FloorSinkPeer(PeerSettings settings, Consumer<byte[], byte[]> consumer, MqttSocket socket)
            throws IOException {
        this.consumer = consumer;
        this.reader = socket.reader();
        this.out = socket.output();
        this.qos = settings.qos();
        this.window = settings.receiveMaximum();
    }

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws IOException {
        PeerSettings settings = PeerSettings.fromArguments(args);
        MqttSocket socket = MqttSocket.connect(
                new InetSocketAddress("127.0.0.1", settings.mqttPort()),
                settings.clientId(),
                settings.receiveMaximum());
        new FloorSinkPeer(settings, settings.newConsumer(), socket).run();
    }

    private void run() throws IOException {
        Thread acknowledgements = new Thread(this::countForEver, "acknowledgements");
        acknowledgements.setDaemon(true);
        acknowledgements.start();
        long committedAt = System.nanoTime();
        while (true) {
            for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                publish(message);
            }
            flush(frames);
            if (System.nanoTime() - committedAt > PeerSettings.COMMIT_INTERVAL.toNanos()) {
                consumer.commitAsync();
                committedAt = System.nanoTime();
            }
        }
    }

    private void publish(ConsumerRecord<byte[], byte[]> message) throws IOException {
        if (qos > 0 && published - acknowledged >= window) {
            flush(frames);
            while (published - acknowledged >= window) {
                LockSupport.parkNanos(FULL_WAIT_NANOS);
            }
        }
        frames.publish(qos, (int) (published % PACKET_IDS) + 1, message.key(), message.value());
        published++;
        if (frames.size() >= FLUSH_BYTES) {
            flush(frames);
        }
    }

    private void countForEver() {
        FrameWriter releases = new FrameWriter();
        int last = qos == 2 ? PacketType.PUBCOMP : PacketType.PUBACK;
        long count = 0;
        try {
            while (true) {
                while (reader.nextBuffered()) {
                    if (reader.packetType() == last) {
                        count++;
                    } else if (reader.packetType() == PacketType.PUBREC) {
                        releases.acknowledgement(PacketType.PUBREL, reader.twoBytes());
                    }
                }
                flush(releases);
                acknowledged = count;
                reader.fill();
            }
        } catch (IOException e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private void flush(FrameWriter due) throws IOException {
        synchronized (out) {
            due.flushTo(out);
        }
    }
}
