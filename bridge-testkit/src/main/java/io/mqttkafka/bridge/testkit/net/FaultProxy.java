package io.mqttkafka.bridge.testkit.net;

import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that breaks the network between a client and a broker in the ways networks break.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(broker)) {
 *     // point the client at proxy.port()
 *     proxy.cutAfterBytes(Direction.SERVER_TO_CLIENT, 7); // in the middle of a packet
 *     proxy.refuse();                                     // and no way back in
 *     proxy.accept();
 * }
 * }</pre>
 *
 * <p>It passes everything on unchanged until told otherwise. A fault lasts until it is taken back and covers the
 * connections that exist as well as those to come. Clients connect to a port chosen by the proxy, which it keeps for
 * life.
 *
 * <p>Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {

    /** Which way bytes travel through the proxy. */
    public enum Direction {
        /** From the client that connected to the proxy to the target. */
        CLIENT_TO_SERVER,
        /** From the target to the client. */
        SERVER_TO_CLIENT
    }

    /**
     * Sees all bytes that pass.
     *
     * <p>It is called with bytes when they arrive at the proxy and before they are forwarded, so what it does happens
     * before the receiver can know of them. It also sees bytes that a fault keeps from being forwarded later on. Calls
     * for one connection and direction come one after the other; calls for different ones may overlap. Blocking in the
     * tap holds the bytes back.
     */
    @FunctionalInterface
    public interface Tap {

        /**
         * Called with the bytes that arrived.
         *
         * @param connection the number of the connection, counted from 1
         * @param buffer holds the bytes from {@code offset} on; only to be read, and only during the call
         */
        void onBytes(int connection, Direction direction, byte[] buffer, int offset, int length);
    }

    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

    private final int port = Ports.free();
    private final ProxyFaults faults = new ProxyFaults();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Throwable> tapFailure = new AtomicReference<>();
    private volatile Tap tap = (connection, direction, buffer, offset, length) -> {};
    private volatile @Nullable InetSocketAddress target;
    private @Nullable Listener listener;
    private boolean closed;

    private FaultProxy() {}

    /** Starts a proxy that has no {@linkplain #target(String, int) target} yet and resets whoever connects. */
    public static FaultProxy start() {
        FaultProxy proxy = new FaultProxy();
        proxy.accept();
        return proxy;
    }

    /** Starts a proxy in front of the given address. */
    public static FaultProxy to(String host, int port) {
        return start().target(host, port);
    }

    /** Starts a proxy in front of the given broker. */
    public static FaultProxy to(MqttBroker broker) {
        return to(broker.host(), broker.port());
    }

    /** Sets where connections made from now on lead. */
    public FaultProxy target(String host, int port) {
        target = new InetSocketAddress(host, port);
        return this;
    }

    /**
     * Sets the one tap, in place of an earlier one. If it throws, that connection is cut and {@link #close()} reports
     * it.
     */
    public FaultProxy tap(Tap tap) {
        this.tap = tap;
        return this;
    }

    /** Returns the host clients connect to. */
    public String host() {
        return Ports.LOOPBACK;
    }

    /** Returns the port clients connect to. */
    public int port() {
        return port;
    }

    /** Returns where clients connect to as {@code host:port}. */
    public String address() {
        return host() + ":" + port;
    }

    /** Returns where MQTT clients connect to, such as {@code tcp://127.0.0.1:1883}. */
    public String serverUri() {
        return "tcp://" + address();
    }

    /** Returns how many connections were accepted so far; it is also the number of the newest one. */
    public int acceptedConnections() {
        return accepted.get();
    }

    /** Returns how many connections are open now. */
    public int openConnections() {
        return connections.size();
    }

    /** Returns how many bytes were forwarded so far, over all connections. */
    public long forwardedBytes(Direction direction) {
        return faults.forwarded(direction);
    }

    /** Resets all open connections (TCP RST) and drops what they still hold. New ones are accepted. */
    public void cutAll() {
        synchronized (connections) {
            connections.forEach(ProxiedConnection::reset);
        }
    }

    /** Refuses new connections; those that are open stay. */
    public synchronized void refuse() {
        Listener closing = listener;
        if (closing != null) {
            listener = null;
            closing.close();
        }
    }

    /** Accepts new connections again. */
    public synchronized void accept() {
        if (closed) {
            throw new IllegalStateException("The proxy is closed");
        }
        if (listener == null) {
            listener = Listener.open(port, "fault-proxy-" + port, this::connect);
        }
    }

    /** Holds all bytes in both directions, as a network that swallows packets does; connections stay open. */
    public void pause() {
        List.of(Direction.values()).forEach(this::pause);
    }

    /**
     * Holds all bytes in one direction. The proxy goes on reading up to about 1 MiB per connection, then pushes back.
     */
    public void pause(Direction direction) {
        faults.pause(direction);
    }

    /** Lets bytes pass again in both directions, those held first. */
    public void resume() {
        List.of(Direction.values()).forEach(this::resume);
    }

    /** Lets bytes pass again in one direction, those held first. */
    public void resume(Direction direction) {
        faults.resume(direction);
    }

    /** Forwards bytes in each direction this long after they arrived; throughput is not limited. Zero takes it back. */
    public void delay(Duration delay) {
        faults.delay(delay);
    }

    /**
     * Forwards at most this many bytes in one write, so that packets arrive in pieces. Zero takes it back.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public void slice(int bytes) {
        faults.slice(bytes);
    }

    /**
     * Forwards exactly this many more bytes in one direction, counted over all connections, then cuts the connection
     * that carried the last of them.
     *
     * <p>The receiver gets all those bytes followed by the end of the stream; the sender's side is reset. With 0 the
     * next byte is not forwarded but cuts its connection. Happens once: later connections are whole.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public void cutAfterBytes(Direction direction, long bytes) {
        faults.cutAfter(direction, bytes);
    }

    /**
     * Resets all connections and stops; does nothing when called again.
     *
     * @throws IllegalStateException if the tap threw an exception, which is its cause
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        refuse();
        List<ProxiedConnection> open = List.copyOf(connections);
        cutAll();
        open.forEach(ProxiedConnection::join);
        Throwable failure = tapFailure.get();
        if (failure != null) {
            throw new IllegalStateException("The tap failed", failure);
        }
    }

    private void connect(Socket client) {
        // a connection the target can see already must not escape a cutAll() that follows
        synchronized (connections) {
            open(client);
        }
    }

    private void open(Socket client) {
        InetSocketAddress address = target;
        Socket server = new Socket();
        try {
            if (address == null) {
                throw new IOException("No target");
            }
            server.connect(address, CONNECT_TIMEOUT_MILLIS);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            Sockets.reset(server);
            Sockets.reset(client);
            return;
        }
        ProxiedConnection connection = new ProxiedConnection(
                accepted.incrementAndGet(), client, server, faults, this::tap, connections::remove);
        connections.add(connection);
        connection.start();
    }

    private void tap(int connection, Direction direction, byte[] buffer, int offset, int length) {
        try {
            tap.onBytes(connection, direction, buffer, offset, length);
        } catch (RuntimeException | Error e) {
            tapFailure.compareAndSet(null, e);
            throw e;
        }
    }
}
