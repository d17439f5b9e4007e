package io.mqttkafka.bridge.testkit.packet;

import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.net.Listener;
import io.mqttkafka.bridge.testkit.net.Ports;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT 5 broker that does nothing but what the test says, packet by packet, over a real socket.
 *
 * <pre>{@code
 * try (ScriptedMqttBroker broker = ScriptedMqttBroker.start()) {
 *     client.connectTo(broker.serverUri());
 *     ScriptedConnection connection = broker.accept();
 *     connection.handshake(false);
 *     connection.grant(connection.expectSubscribe());
 *     connection.publish(PublishPacket.to("a/b").qos(1).packetId(7).payload("x").build());
 *     connection.expectPuback(7);
 * }
 * }</pre>
 *
 * <p>Each wait lasts 10 seconds unless {@link #start(Duration)} says otherwise. Thread-safe.
 */
public final class ScriptedMqttBroker implements MqttBroker {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private final int port = Ports.free();
    private final Duration timeout;
    private final PacketLog log = new PacketLog();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Queue<PacketChannel> channels = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<ScriptedConnection> waiting = new LinkedBlockingQueue<>();
    private @Nullable Listener listener;

    private ScriptedMqttBroker(Duration timeout) {
        this.timeout = timeout;
    }

    /** Starts a broker whose waits last 10 seconds. */
    public static ScriptedMqttBroker start() {
        return start(DEFAULT_TIMEOUT);
    }

    /** Starts a broker whose waits last as long as given. */
    public static ScriptedMqttBroker start(Duration timeout) {
        ScriptedMqttBroker broker = new ScriptedMqttBroker(timeout);
        broker.restart();
        return broker;
    }

    @Override
    public int port() {
        return port;
    }

    /**
     * Waits for the next client and returns its connection.
     *
     * @throws AssertionError if none connects in time
     */
    public ScriptedConnection accept() {
        ScriptedConnection connection = poll(timeout);
        if (connection == null) {
            throw failure("Expected a client to connect, but none did within " + timeout);
        }
        return connection;
    }

    /**
     * Waits this long for nobody to connect.
     *
     * @throws AssertionError if a client does
     */
    public void expectNoConnection(Duration duration) {
        ScriptedConnection connection = poll(duration);
        if (connection != null) {
            throw failure("Expected no client to connect for " + duration + ", but #" + connection.number() + " did");
        }
    }

    /** Cuts all connections and refuses new ones until {@link #restart()}. */
    @Override
    public synchronized void stop() {
        Listener closing = listener;
        if (closing != null) {
            listener = null;
            closing.close();
        }
        waiting.clear();
        channels.forEach(PacketChannel::cut);
        channels.forEach(PacketChannel::join);
        channels.clear();
    }

    /** Cuts all connections and listens on the same port again. */
    @Override
    public synchronized void restart() {
        stop();
        listener = Listener.open(port, "scripted-mqtt-broker-" + port, this::add);
    }

    /** Cuts all connections and stops. */
    @Override
    public void close() {
        stop();
    }

    private void add(Socket client) {
        PacketChannel channel = new PacketChannel(accepted.incrementAndGet(), client, log);
        channels.add(channel);
        channel.start();
        waiting.add(new ScriptedConnection(channel, timeout));
    }

    private @Nullable ScriptedConnection poll(Duration patience) {
        try {
            return waiting.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure("Interrupted while waiting for a client");
        }
    }

    private AssertionError failure(String message) {
        return new AssertionError(message + "\nLatest packets (<- from the client):\n" + log);
    }
}
