package io.mqttkafka.bridge.tests.connection;

import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiFunction;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A WebSocket in front of an MQTT broker that speaks TCP: shakes hands and frames as a test says. */
final class WebSocketFront implements AutoCloseable {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int LAST = 0x80;

    /** Writes what the broker has sent, in frames. */
    interface Framing {
        void write(byte[] bytes, OutputStream out) throws IOException;
    }

    /** A frame of the client. */
    record Frame(int first, byte[] mask, byte[] payload) {}

    private final ServerSocket listener;
    private final int brokerPort;
    private final boolean secure;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    /** The requests of clients, and their frames other than binary ones. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    final BlockingQueue<Frame> control = new LinkedBlockingQueue<>();
    final List<byte[]> masks = new CopyOnWriteArrayList<>();

    volatile Framing framing = (bytes, out) -> out.write(frame(LAST | BINARY, bytes));

    /** Makes the answer to a request out of its path and its key. */
    volatile BiFunction<String, String, byte[]> answer = (path, key) -> switching(accept(key), "mqtt", "");

    private WebSocketFront(ServerSocket listener, int brokerPort, boolean secure) {
        this.listener = listener;
        this.brokerPort = brokerPort;
        this.secure = secure;
        daemon(this::accept);
    }

    static WebSocketFront to(int brokerPort, SelfSignedCertificate certificate) {
        try {
            ServerSocketFactory factory = certificate == null
                    ? ServerSocketFactory.getDefault()
                    : context(certificate).getServerSocketFactory();
            ServerSocket listener = factory.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
            return new WebSocketFront(listener, brokerPort, certificate != null);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext context(SelfSignedCertificate certificate) throws IOException, GeneralSecurityException {
        char[] password = SelfSignedCertificate.PASSWORD.toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(certificate.keyStore().toFile())) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    String serverUri() {
        return (secure ? "wss" : "ws") + "://127.0.0.1:" + listener.getLocalPort() + "/mqtt?token=a";
    }

    int port() {
        return listener.getLocalPort();
    }

    /** A frame of the server. */
    static byte[] frame(int first, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(first);
        if (payload.length < 126) {
            frame.write(payload.length);
        } else if (payload.length < 0x1_0000) {
            frame.write(126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) payload.length >> shift));
            }
        }
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    static byte[] switching(String accept, String protocol, String more) {
        return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                        + accept + "\r\n" + (protocol == null ? "" : "Sec-WebSocket-Protocol: " + protocol + "\r\n")
                        + more + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static String accept(String key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1")
                            .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                                    .getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                daemon(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            String request = request(in);
            requests.add(request);
            String key = request.lines()
                    .filter(line -> line.startsWith("Sec-WebSocket-Key: "))
                    .findFirst()
                    .orElseThrow()
                    .substring(19);
            byte[] said = answer.apply(request.split(" ", 3)[1], key);
            out.write(said);
            out.flush();
            if (!new String(said, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101")) {
                return;
            }
            try (Socket broker = new Socket("127.0.0.1", brokerPort)) {
                sockets.add(broker);
                daemon(() -> pump(broker, out, client));
                unframe(in, broker.getOutputStream());
            }
        } catch (IOException e) {
            // One of the two has left.
        } catch (RuntimeException e) {
            failures.add(e);
        }
    }

    private static String request(InputStream in) throws IOException {
        StringBuilder request = new StringBuilder();
        while (request.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the client left");
            }
            request.append((char) b);
        }
        return request.toString();
    }

    private void pump(Socket broker, OutputStream out, Socket client) {
        byte[] buffer = new byte[256 * 1024];
        try (client) {
            int count;
            while ((count = broker.getInputStream().read(buffer)) > 0) {
                framing.write(java.util.Arrays.copyOf(buffer, count), out);
                out.flush();
            }
        } catch (IOException e) {
            // One of the two has left.
        }
    }

    private void unframe(DataInputStream in, OutputStream broker) throws IOException {
        while (true) {
            int first = in.readUnsignedByte();
            int second = in.readUnsignedByte();
            if ((second & 0x80) == 0) {
                throw new IllegalStateException("a frame of the client is not masked");
            }
            long length = second & 0x7F;
            length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
            byte[] mask = new byte[4];
            in.readFully(mask);
            byte[] payload = new byte[(int) length];
            in.readFully(payload);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i & 3];
            }
            masks.add(mask);
            if ((first & 0xF) == BINARY) {
                broker.write(payload);
                broker.flush();
            } else {
                control.add(new Frame(first, mask, payload));
            }
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "web-socket-front");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("the client broke RFC 6455", failures.get(0));
        }
    }
}
