package io.mqttkafka.bridge.examples;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server that goes no further than the TLS handshake, with a certificate for any host name. */
final class TlsServer implements AutoCloseable {
    static final String PASSWORD = "store-canary-91c2";

    private final SSLServerSocket listener;
    private final Path store;
    private final Path passwordFile;

    private TlsServer(SSLServerSocket listener, Path store, Path passwordFile) {
        this.listener = listener;
        this.store = store;
        this.passwordFile = passwordFile;
    }

    static TlsServer startFor(String hostName, Path directory) throws Exception {
        Path store = directory.resolve("server.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + hostName,
                        "-ext",
                        "SAN=dns:" + hostName,
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.out").toFile())
                .start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new IllegalStateException("keytool: " + Files.readString(directory.resolve("keytool.out")));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray()), PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket listener = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        TlsServer server =
                new TlsServer(listener, store, Files.writeString(directory.resolve("store-password"), PASSWORD));
        Thread thread = new Thread(server::shakeHands, "tls-server");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Returns a store that trusts this server's certificate. */
    Path trustStore() {
        return store;
    }

    Path passwordFile() {
        return passwordFile;
    }

    private void shakeHands() {
        while (!listener.isClosed()) {
            try (SSLSocket socket = (SSLSocket) listener.accept();
                    InputStream in = socket.getInputStream()) {
                // Until the client turns away.
                in.readAllBytes();
            } catch (IOException e) {
                // The client did not like the certificate, or the test is over.
                continue;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
