package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries the addresses of a host, each on a thread of its own, the next when the last has failed or has not answered for a moment.
 * The thread of the first that answers goes on with the connection; the others end. Thread-safe.
 */
final class Dial {
    private static final Logger log = LoggerFactory.getLogger(Dial.class);
    private static final long NEXT_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int MOST_ADDRESSES = 16;

    private final String threadName;
    private final Consumer<Socket> winner;

    // Guarded by this.
    private final List<Thread> threads = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final List<IOException> failures = new ArrayList<>();
    private @Nullable Socket won;
    private boolean cancelled;

    /**
     * Makes one that does nothing yet.
     *
     * @param threadName the name of its threads
     * @param winner goes on with the connection
     */
    Dial(String threadName, Consumer<Socket> winner) {
        this.threadName = threadName;
        this.winner = winner;
    }

    /**
     * Tries until one answers, or it is cancelled.
     *
     * @param addresses the addresses
     * @param port the port
     * @throws IOException if none answers
     * @throws InterruptedException if the thread was interrupted
     */
    synchronized void run(List<InetAddress> addresses, int port) throws IOException, InterruptedException {
        int begun = 0;
        int most = Math.min(addresses.size(), MOST_ADDRESSES);
        while (won == null && !cancelled && failures.size() < most) {
            if (begun < most) {
                begin(new InetSocketAddress(addresses.get(begun), port));
                begun++;
                awaitFailure(begun);
            } else {
                wait();
            }
        }
        if (won == null && !cancelled) {
            IOException first = failures.get(0);
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    /** Waits a moment, or until all that have begun have failed. */
    private void awaitFailure(int begun) throws InterruptedException {
        long until = System.nanoTime() + NEXT_AFTER_NANOS;
        long left;
        while (won == null && !cancelled && failures.size() < begun && (left = until - System.nanoTime()) > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    private void begin(InetSocketAddress address) {
        Socket socket = new Socket();
        sockets.add(socket);
        Thread thread = new Thread(() -> attempt(socket, address), threadName);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void attempt(Socket socket, InetSocketAddress address) {
        try {
            socket.setTcpNoDelay(true);
            // It is cancelled rather than timed: see cancel().
            socket.connect(address);
        } catch (IOException e) {
            close(socket);
            failed(e);
            return;
        } catch (RuntimeException | Error e) {
            close(socket);
            failed(new IOException("connecting failed", e));
            return;
        }
        if (wins(socket)) {
            winner.accept(socket);
        } else {
            close(socket);
        }
    }

    private synchronized void failed(IOException failure) {
        failures.add(failure);
        notifyAll();
    }

    private synchronized boolean wins(Socket socket) {
        if (cancelled || won != null) {
            return false;
        }
        won = socket;
        for (Socket other : sockets) {
            if (other != socket) {
                close(other);
            }
        }
        notifyAll();
        return true;
    }

    /** Ends everything that is under way, but for a connection that was made: that is its owner's. */
    synchronized void cancel() {
        cancelled = true;
        for (Socket socket : sockets) {
            if (socket != won) {
                close(socket);
            }
        }
        notifyAll();
    }

    /** Waits until none of its threads is left. */
    void join() throws InterruptedException {
        List<Thread> all;
        synchronized (this) {
            all = List.copyOf(threads);
        }
        for (Thread thread : all) {
            thread.join();
        }
    }

    static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("closing a socket failed", e);
        }
    }
}
