package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import javax.net.ServerSocketFactory;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Accepts every CONNECT, over TCP or TLS, and remembers what TLS told of the client. */
final class TinyBroker implements AutoCloseable {
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

    final List<String> serverNames = new CopyOnWriteArrayList<>();
    final List<String> protocols = new CopyOnWriteArrayList<>();
    final List<String> clients = new CopyOnWriteArrayList<>();
    final List<byte[]> connects = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final ServerSocket listener;

    /** What is done with a connection that has been accepted. */
    volatile Consumer<Socket> afterwards = socket -> {};

    TinyBroker(String host, SSLContext tls, boolean asksForCertificate) throws IOException {
        ServerSocketFactory factory = tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory();
        listener = factory.createServerSocket(0, 200, InetAddress.getByName(host));
        if (listener instanceof SSLServerSocket secure) {
            secure.setNeedClientAuth(asksForCertificate);
        }
        daemon(this::accept);
    }

    static TinyBroker plain() {
        try {
            return new TinyBroker("127.0.0.1", null, false);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                synchronized (sockets) {
                    sockets.add(client);
                }
                daemon(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket client) {
        try (client) {
            if (client instanceof SSLSocket secure) {
                secure.setHandshakeApplicationProtocolSelector((socket, offered) -> {
                    protocols.addAll(offered);
                    return offered.isEmpty() ? "" : offered.get(0);
                });
                secure.startHandshake();
                ExtendedSSLSession session = (ExtendedSSLSession) secure.getSession();
                session.getRequestedServerNames().forEach(name -> serverNames.add(new String(name.getEncoded())));
                if (secure.getNeedClientAuth()) {
                    clients.add(session.getPeerPrincipal().getName());
                }
            }
            InputStream in = client.getInputStream();
            byte[] packet = new byte[2000];
            int count = in.read(packet);
            if (count > 0) {
                connects.add(java.util.Arrays.copyOf(packet, count));
                client.getOutputStream().write(CONNACK);
                afterwards.accept(client);
                in.transferTo(OutputStream.nullOutputStream());
            }
        } catch (IOException e) {
            // The client has left.
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "tiny-broker");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (sockets) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
