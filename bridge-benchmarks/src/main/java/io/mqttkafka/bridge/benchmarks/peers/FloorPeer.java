package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.benchmarks.wire.FrameReader;
import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The floor: the least work that moves a message from MQTT to Kafka and acknowledges it afterwards. One thread reads
 * and sends, another acknowledges in batches. It checks nothing, survives nothing and is no bridge; it says what the
 * machine, the brokers and {@link KafkaProducer} allow.
 */
public final class FloorPeer {
    /** Far below the time in which the broker uses up the receive window, so a full batch costs no throughput. */
    private static final long ACKNOWLEDGEMENT_INTERVAL_NANOS = 1_000_000;

    private final Producer<byte[], byte[]> producer;
    private final FrameReader reader;
    private final OutputStream out;
    private final String kafkaTopic;
    private final @Nullable InOrderAcknowledgements acknowledgements;

    private FloorPeer(PeerSettings settings, Producer<byte[], byte[]> producer, MqttSocket socket) throws IOException {
        this.producer = producer;
        this.reader = socket.reader();
        this.out = socket.output();
        this.kafkaTopic = settings.kafkaTopic();
        this.acknowledgements = switch (settings.qos()) {
            case 0 -> null;
            case 1 -> new InOrderAcknowledgements(PacketType.PUBACK);
            default -> new InOrderAcknowledgements(PacketType.PUBREC);
        };
    }

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws IOException {
        PeerSettings settings = PeerSettings.fromArguments(args);
        Producer<byte[], byte[]> producer = settings.newProducer();
        MqttSocket socket = MqttSocket.connect(
                new InetSocketAddress("127.0.0.1", settings.mqttPort()),
                settings.clientId(),
                settings.receiveMaximum());
        Runtime.getRuntime().addShutdownHook(new Thread(producer::close));
        new FloorPeer(settings, producer, socket).run();
    }

    private void run() throws IOException {
        if (acknowledgements != null) {
            InOrderAcknowledgements due = acknowledgements;
            Thread acknowledger = new Thread(() -> acknowledgeForEver(due), "acknowledger");
            acknowledger.setDaemon(true);
            acknowledger.start();
        }
        FrameWriter completions = new FrameWriter();
        while (true) {
            while (reader.nextBuffered()) {
                if (reader.packetType() == PacketType.PUBLISH) {
                    forward();
                } else if (reader.packetType() == PacketType.PUBREL) {
                    completions.acknowledgement(PacketType.PUBCOMP, reader.twoBytes());
                }
            }
            flush(completions);
            reader.fill();
        }
    }

    private void forward() {
        int qos = reader.qos();
        byte[] topic = reader.bytes(reader.twoBytes());
        Callback callback = null;
        if (qos > 0 && acknowledgements != null) {
            callback = acknowledgements.expect(reader.twoBytes());
        }
        reader.skipProperties();
        producer.send(new ProducerRecord<>(kafkaTopic, topic, reader.rest()), callback);
    }

    private void acknowledgeForEver(InOrderAcknowledgements due) {
        FrameWriter frames = new FrameWriter();
        try {
            while (true) {
                due.drainTo(frames);
                flush(frames);
                LockSupport.parkNanos(ACKNOWLEDGEMENT_INTERVAL_NANOS);
            }
        } catch (IOException e) {
            // The reader meets the same broken connection and ends the program.
            return;
        }
    }

    private void flush(FrameWriter frames) throws IOException {
        synchronized (out) {
            frames.flushTo(out);
        }
    }
}
