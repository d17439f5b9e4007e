package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.wire.FrameReader;
import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes what a peer publishes into a ledger, on a thread of its own. The ledger may be read after {@link #close}; the
 * count at any time.
 */
final class CountingSubscriber implements AutoCloseable {
    private static final int RECEIVE_MAXIMUM = 0xffff;
    private static final long END_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private final MqttSocket socket;
    private final FrameReader reader;
    private final OutputStream out;
    private final DeliveryLedger ledger;
    private final Thread thread = new Thread(this::read, "subscriber");
    private volatile long received;
    private volatile boolean closing;
    private volatile @Nullable IOException failure;

    private CountingSubscriber(MqttSocket socket, DeliveryLedger ledger) throws IOException {
        this.socket = socket;
        this.reader = socket.reader();
        this.out = socket.output();
        this.ledger = ledger;
    }

    /** Subscribes to every topic of a workload: with QoS 1, or 0 if the peer publishes with that. */
    static CountingSubscriber start(InetSocketAddress broker, Workload workload, DeliveryLedger ledger)
            throws IOException {
        MqttSocket socket = MqttSocket.connect(broker, "bench-subscriber", RECEIVE_MAXIMUM);
        socket.subscribe(Workload.MQTT_FILTER, Math.min(1, workload.qos()));
        CountingSubscriber subscriber = new CountingSubscriber(socket, ledger);
        subscriber.thread.setDaemon(true);
        subscriber.thread.start();
        return subscriber;
    }

    /**
     * Returns how many messages have come so far, repeated ones included.
     *
     * @throws IOException if the connection has ended
     */
    long received() throws IOException {
        if (failure != null) {
            throw new IOException("The subscriber lost its connection", failure);
        }
        return received;
    }

    private void read() {
        FrameWriter acknowledgements = new FrameWriter();
        long count = 0;
        try {
            while (true) {
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
                while (reader.nextBuffered()) {
                    if (reader.packetType() == PacketType.PUBLISH) {
                        take(acknowledgements, millis);
                        count++;
                    }
                }
                acknowledgements.flushTo(out);
                received = count;
                reader.fill();
            }
        } catch (IOException e) {
            if (!closing) {
                failure = e;
            }
        }
    }

    private void take(FrameWriter acknowledgements, long millis) {
        int qos = reader.qos();
        byte[] topic = reader.bytes(reader.twoBytes());
        if (qos > 0) {
            acknowledgements.acknowledgement(PacketType.PUBACK, reader.twoBytes());
        }
        reader.skipProperties();
        ledger.record(0, topic, reader.rest(), millis);
    }

    @Override
    public void close() throws IOException {
        closing = true;
        socket.close();
        try {
            thread.join(END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IllegalStateException("The subscriber does not end");
        }
    }
}
