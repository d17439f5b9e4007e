package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Publishes the numbered messages of a {@link Ledger} over a plain socket, evenly over its topics, and takes down what
 * the broker acknowledges. A message without an acknowledgement when the connection breaks is never sent again: it may be
 * delivered or not.
 */
final class Publisher implements AutoCloseable {

    private static final int WINDOW = 500;
    private static final int NO_LIMIT = Integer.MAX_VALUE;
    private static final int RECONNECT_MILLIS = 50;
    private static final int PATIENCE_SECONDS = 120;

    private final MqttBroker broker;
    private final Ledger ledger;
    private final int qos;
    private final int bytes;
    private final int perSecond;
    private final int most;
    private final Thread thread;
    private volatile BooleanSupplier held = () -> false;
    private volatile boolean stopping;
    private volatile boolean closing;

    private Publisher(MqttBroker broker, Ledger ledger, int qos, int bytes, int perSecond, int most) {
        this.broker = broker;
        this.ledger = ledger;
        this.qos = qos;
        this.bytes = bytes;
        this.perSecond = perSecond;
        this.most = most;
        thread = new Thread(this::run, "publisher-" + ledger.run() + "-" + qos);
        thread.setDaemon(true);
    }

    /** Publishes at this rate until stopped. */
    static Publisher start(MqttBroker broker, Ledger ledger, int qos, int bytes, int perSecond) {
        return start(broker, ledger, qos, bytes, perSecond, NO_LIMIT);
    }

    /** Publishes this many messages at this rate. */
    static Publisher start(MqttBroker broker, Ledger ledger, int qos, int bytes, int perSecond, int most) {
        Publisher publisher = new Publisher(broker, ledger, qos, bytes, perSecond, most);
        publisher.thread.start();
        return publisher;
    }

    /** Makes it wait as long as this holds, for a backlog that must not grow, and then go on at its rate. */
    Publisher holdWhile(BooleanSupplier held) {
        this.held = held;
        return this;
    }

    /** Starts no more messages and returns when those under way are acknowledged. */
    void stop() {
        stopping = true;
        finish();
    }

    /** Returns when all messages are sent and acknowledged. */
    void finish() {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            if (thread.isAlive()) {
                throw new IllegalStateException("The publisher hangs after " + ledger.acknowledged() + " messages");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        stopping = true;
        closing = true;
        thread.interrupt();
        finish();
    }

    private void run() {
        int sent = 0;
        int connection = 0;
        while (!closing && sent < most) {
            try (Connection current = new Connection(++connection)) {
                long start = System.nanoTime();
                int before = sent;
                while (!stopping && sent < most && current.takeTurn()) {
                    if (held.getAsBoolean()) {
                        awaitRelease();
                        start = System.nanoTime();
                        before = sent;
                    }
                    current.publish(ledger.next(sent % ledger.topics()));
                    sent++;
                    long due = start + (sent - before) * 1_000_000_000L / perSecond;
                    while (due - System.nanoTime() > 0 && !closing) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                }
                if (stopping || sent >= most) {
                    current.drain();
                    return;
                }
            } catch (IOException e) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(RECONNECT_MILLIS));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void awaitRelease() {
        while (held.getAsBoolean() && !stopping && !closing) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private final class Connection implements AutoCloseable {

        private static final int PUBACK = 4;
        private static final int PUBREC = 5;
        private static final int PUBREL = 6;
        private static final int PUBCOMP = 7;

        private final Socket socket;
        private final OutputStream out;
        private final Map<Integer, Message> underWay = new ConcurrentHashMap<>();
        private final Semaphore window = new Semaphore(WINDOW);
        private volatile boolean broken;
        private int packetId;

        Connection(int number) throws IOException {
            socket = new Socket(broker.host(), broker.port());
            socket.setTcpNoDelay(true);
            out = socket.getOutputStream();
            try {
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
                connect("publisher-" + ledger.run() + "-" + qos + "-" + number, in);
                Thread reader = new Thread(() -> read(in), thread.getName() + "-reader");
                reader.setDaemon(true);
                reader.start();
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        }

        private void connect(String clientId, DataInputStream in) throws IOException {
            byte[] id = clientId.getBytes(StandardCharsets.US_ASCII);
            // MQTT 5, clean start, no keep-alive, no properties
            byte[] head = {0x10, (byte) (13 + id.length), 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 0, 0, 0, (byte) id.length};
            write(head);
            write(id);
            byte[] connAck = frame(in);
            if (connAck[0] >> 4 != 2 || connAck[2] != 0) {
                throw new IOException("The broker refuses the publisher");
            }
        }

        /** Waits for room; false if the connection has broken. */
        boolean takeTurn() throws InterruptedException {
            while (!broken) {
                if (window.tryAcquire(20, TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
            return false;
        }

        void publish(Message message) throws IOException {
            int id = 0;
            if (qos > 0) {
                packetId = packetId % 65_535 + 1;
                id = packetId;
                underWay.put(id, message);
            } else {
                window.release();
            }
            write(PublishPacket.to(ledger.mqttTopic(message.topic()))
                    .qos(qos)
                    .packetId(id)
                    .payload(ledger.payload(message, bytes))
                    .build()
                    .encode());
            if (qos == 0) {
                ledger.acknowledged(message);
            }
        }

        /** Waits until everything under way is acknowledged, or the connection breaks. */
        void drain() throws InterruptedException, IOException {
            while (!broken && !underWay.isEmpty()) {
                if (window.tryAcquire(WINDOW, 20, TimeUnit.MILLISECONDS)) {
                    break;
                }
            }
            if (!broken) {
                write(new byte[] {(byte) 0xE0, 0});
            }
        }

        private void read(DataInputStream in) {
            try {
                while (true) {
                    byte[] frame = frame(in);
                    int type = (frame[0] & 0xFF) >> 4;
                    if (type < PUBACK || type > PUBCOMP) {
                        continue;
                    }
                    int id = (frame[1] & 0xFF) << 8 | frame[2] & 0xFF;
                    boolean refused = frame.length > 3 && (frame[3] & 0xFF) >= 0x80;
                    if (type == PUBREC && !refused) {
                        write(new byte[] {(byte) (PUBREL << 4 | 2), 2, frame[1], frame[2]});
                        continue;
                    }
                    Message message = underWay.remove(id);
                    if (message != null && !refused) {
                        ledger.acknowledged(message);
                    }
                    window.release();
                }
            } catch (IOException e) {
                broken = true;
            }
        }

        /** Reads one packet: its first byte and what follows the length. */
        private static byte[] frame(DataInputStream in) throws IOException {
            byte first = in.readByte();
            int length = 0;
            int shift = 0;
            byte digit;
            do {
                digit = in.readByte();
                length |= (digit & 0x7F) << shift;
                shift += 7;
            } while (digit < 0);
            byte[] frame = new byte[length + 1];
            frame[0] = first;
            in.readFully(frame, 1, length);
            return frame;
        }

        private synchronized void write(byte[] packet) throws IOException {
            out.write(packet);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
