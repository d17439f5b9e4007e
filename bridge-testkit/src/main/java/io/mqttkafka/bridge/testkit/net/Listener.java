package io.mqttkafka.bridge.testkit.net;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.function.Consumer;

/** A listening port with the thread that accepts its connections, one after the other. */
public final class Listener {

    private static final long JOIN_MILLIS = 10_000;

    private final ServerSocket socket;
    private final Consumer<Socket> onAccepted;
    private final Thread thread;

    private Listener(ServerSocket socket, String name, Consumer<Socket> onAccepted) {
        this.socket = socket;
        this.onAccepted = onAccepted;
        this.thread = Sockets.daemon(name, this::acceptAll);
    }

    public static Listener open(int port, String name, Consumer<Socket> onAccepted) {
        Listener listener = new Listener(Ports.listen(port), name, onAccepted);
        listener.thread.start();
        return listener;
    }

    /** Stops listening; when it returns, connections are refused and no call to {@code onAccepted} is under way. */
    public void close() {
        Sockets.close(socket);
        try {
            // the system goes on accepting until the thread has left its call to accept
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void acceptAll() {
        while (true) {
            Socket client;
            try {
                client = socket.accept();
            } catch (IOException e) {
                return;
            }
            onAccepted.accept(client);
        }
    }
}
