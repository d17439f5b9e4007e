package io.mqttkafka.bridge.testkit.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/** Ways to end a connection, none of which minds that it has ended already, and the threads that serve it. */
public final class Sockets {

    private Sockets() {}

    /** Closes with RST instead of FIN. */
    public static void reset(Socket socket) {
        resetOnClose(socket);
        close(socket);
    }

    /** Makes whoever closes the socket send RST instead of FIN. */
    static void resetOnClose(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException ignored) {
            // already closed
        }
    }

    /** Sends FIN and keeps reading possible. */
    public static void shutdownOutput(Socket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException ignored) {
            // already closed
        }
    }

    public static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException ignored) {
            // closing is all that was wanted
        }
    }

    public static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }
}
