package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/** Ports on the loopback address, the only one the benchmark uses. */
final class Loopback {
    static final String ADDRESS = "127.0.0.1";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int RETRY_MILLIS = 20;

    private Loopback() {}

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(ADDRESS, 0));
            return socket.getLocalPort();
        }
    }

    /** Waits until {@code server} accepts connections on {@code port}. */
    static void awaitListening(ChildProcess server, int port) throws InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!isListening(port)) {
            if (!server.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "Nothing listens on port " + port + "; the server said last:\n" + server.logTail());
            }
            Thread.sleep(RETRY_MILLIS);
        }
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(ADDRESS, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
