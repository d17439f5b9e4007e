package io.mqttkafka.bridge.testkit.net;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One client's connection through the proxy: two sockets with a pump for each direction. */
final class ProxiedConnection {

    private final Socket client;
    private final Socket server;
    private final List<ProxyPump> pumps;
    private final AtomicInteger runningPumps;
    private final Consumer<ProxiedConnection> onClosed;
    private volatile boolean severed;

    ProxiedConnection(
            int number,
            Socket client,
            Socket server,
            ProxyFaults faults,
            FaultProxy.Tap tap,
            Consumer<ProxiedConnection> onClosed) {
        this.client = client;
        this.server = server;
        this.onClosed = onClosed;
        this.pumps = List.of(
                new ProxyPump(this, number, Direction.CLIENT_TO_SERVER, client, server, faults, tap),
                new ProxyPump(this, number, Direction.SERVER_TO_CLIENT, server, client, faults, tap));
        this.runningPumps = new AtomicInteger(pumps.size());
    }

    void start() {
        pumps.forEach(ProxyPump::start);
    }

    /** Resets both sides and drops what is still on its way. */
    void reset() {
        severed = true;
        // both before either: closing one ends the pumps, and the last pump to end closes the other
        Sockets.resetOnClose(client);
        Sockets.resetOnClose(server);
        Sockets.close(client);
        Sockets.close(server);
        pumps.forEach(ProxyPump::interrupt);
    }

    /**
     * Ends the connection so that the receiver still gets all that was forwarded to it: a reset could destroy bytes
     * that wait in its socket, so it gets the end of the stream instead, and whatever it sends is read and dropped
     * until it closes.
     */
    void sever(Direction direction) {
        severed = true;
        Sockets.reset(direction == Direction.CLIENT_TO_SERVER ? client : server);
        Sockets.shutdownOutput(direction == Direction.CLIENT_TO_SERVER ? server : client);
    }

    boolean isSevered() {
        return severed;
    }

    void pumpEnded() {
        if (runningPumps.decrementAndGet() == 0) {
            Sockets.close(client);
            Sockets.close(server);
            onClosed.accept(this);
        }
    }

    void join() {
        pumps.forEach(ProxyPump::join);
    }
}
