package io.mqttkafka.bridge.testkit.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Free TCP ports on the loopback address.
 *
 * <p>Thread-safe.
 */
public final class Ports {

    /** The address every broker of this module listens on. */
    public static final String LOOPBACK = "127.0.0.1";

    // Below the range systems take client ports from. A broker's port has to stay free while the broker is down: in
    // that range a client that keeps
    // reconnecting could be given the port as its own, and even end up connected to itself.
    private static final int LOWEST = 15_000;
    private static final int HIGHEST = 32_000;

    // Tests often run in several JVMs at a time, and none knows which ports of another's are down for a moment:
    // each begins with a share of its own.
    private static final int SHARES = 16;
    private static final int SHARE = (HIGHEST - LOWEST) / SHARES;
    private static final int OWN = LOWEST + (int) (ProcessHandle.current().pid() % SHARES) * SHARE;

    private static final int ATTEMPTS = 1_000;
    private static final int PROBE_TIMEOUT_MILLIS = 500;
    private static final Set<Integer> HANDED_OUT = ConcurrentHashMap.newKeySet();

    private Ports() {}

    /**
     * Returns a port nobody listens on, never the same one twice in this JVM.
     *
     * @throws IllegalStateException if none is found
     */
    public static int free() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            boolean own = attempt < ATTEMPTS / 2;
            int port = ThreadLocalRandom.current().nextInt(own ? OWN : LOWEST, own ? OWN + SHARE : HIGHEST);
            if (HANDED_OUT.add(port) && canBind(port)) {
                return port;
            }
        }
        throw new IllegalStateException("No free TCP port found between " + LOWEST + " and " + HIGHEST);
    }

    /** Opens a listening socket; the port may have been used by an earlier socket that is closed now. */
    static ServerSocket listen(int port) {
        try {
            ServerSocket socket = new ServerSocket();
            try {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getByName(LOOPBACK), port));
                return socket;
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on " + LOOPBACK + ":" + port, e);
        }
    }

    /** Waits until something listens on the port, or until {@code giveUp} says that nothing ever will. */
    public static boolean awaitListening(int port, Duration timeout, BooleanSupplier giveUp) {
        return Polling.until(timeout, () -> isListening(port) || giveUp.getAsBoolean()) && isListening(port);
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(LOOPBACK, port), PROBE_TIMEOUT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean canBind(int port) {
        try (ServerSocket socket = listen(port)) {
            return socket.isBound();
        } catch (UncheckedIOException | IOException e) {
            return false;
        }
    }
}
