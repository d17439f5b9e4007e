package io.mqttkafka.bridge.testkit.packet;

import io.mqttkafka.bridge.testkit.net.Sockets;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One client's socket: reads, checks, logs and keeps its packets, answers its pings, and sends what it is given.
 * Thread-safe.
 */
final class PacketChannel {

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final long JOIN_MILLIS = 5_000;

    private final int number;
    private final Socket socket;
    private final PacketLog log;
    private final PacketInbox inbox = new PacketInbox();
    private final Semaphore pings = new Semaphore(0);
    private final Thread reader;
    private volatile boolean answerPings = true;

    /** Whether the client speaks MQTT 3.1.1. */
    private volatile boolean version3;

    PacketChannel(int number, Socket socket, PacketLog log) {
        this.number = number;
        this.socket = socket;
        this.log = log;
        this.reader = Sockets.daemon("scripted-mqtt-connection-" + number, this::readToEnd);
    }

    void start() {
        log.add(number, "opened");
        reader.start();
    }

    int number() {
        return number;
    }

    PacketLog log() {
        return log;
    }

    void answerPings(boolean answer) {
        answerPings = answer;
    }

    /** Takes the next packet that is no PINGREQ; empty when the time is over or no packet will follow. */
    Optional<MqttPacket> next(Duration timeout) {
        try {
            return inbox.next(timeout);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /** Returns why no packet will follow; empty while the connection is open or packets are left. */
    String ending() {
        return inbox.ending();
    }

    boolean awaitPing(Duration timeout) {
        try {
            return pings.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /** Sends whole packets of MQTT 5, as the client's version has them. */
    void sendPackets(byte[] packets) throws IOException {
        send(version3 ? Version3.fromVersion5(packets) : packets);
    }

    /** Sends bytes, which need not be whole packets. */
    void send(byte[] bytes) throws IOException {
        synchronized (socket) {
            log.addSent(number, bytes);
            socket.getOutputStream().write(bytes);
        }
    }

    /** Closes with RST. */
    void cut() {
        log.add(number, "cut by the test");
        Sockets.reset(socket);
    }

    /** Sends FIN and goes on reading. */
    void halfClose() {
        log.add(number, "half-closed by the test");
        Sockets.shutdownOutput(socket);
    }

    /** Closes with FIN. */
    void close() {
        Sockets.close(socket);
    }

    void join() {
        try {
            reader.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readToEnd() {
        String ending = "closed by the client";
        try (socket) {
            socket.setTcpNoDelay(true);
            FrameSplitter splitter = new FrameSplitter();
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                splitter.feed(buffer, 0, length, this::received);
            }
        } catch (SocketException e) {
            ending = String.valueOf(e.getMessage());
        } catch (IOException | RuntimeException e) {
            ending = "the broker gave up: " + e.getMessage();
        }
        log.add(number, "ended: " + ending);
        inbox.end(ending);
    }

    private void received(MqttPacket raw) {
        if (raw.type() == MqttPacketType.CONNECT) {
            version3 = Version3.begins(raw.bytes());
        }
        MqttPacket packet = version3 ? MqttPacket.of(Version3.toVersion5(raw.bytes())) : raw;
        log.add(number, "<- " + packet);
        packet.checkFromClient();
        if (packet.type() == MqttPacketType.PINGREQ) {
            pings.release();
            answerPing();
        } else {
            inbox.add(packet);
        }
    }

    private void answerPing() {
        if (answerPings) {
            try {
                send(new WireWriter().frame(MqttPacketType.PINGRESP, 0));
            } catch (IOException e) {
                log.add(number, "could not answer the ping: " + e.getMessage());
            }
        }
    }

    private static IllegalStateException interrupted() {
        Thread.currentThread().interrupt();
        return new IllegalStateException("Interrupted while waiting for the client");
    }
}
