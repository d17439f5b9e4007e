package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server that goes no further than the TLS handshake, with a certificate for any host name. */
final class TlsServer implements AutoCloseable {
    private final SSLServerSocket listener;
    private final SelfSignedCertificate certificate;
    private final Path passwordFile;

    private TlsServer(SSLServerSocket listener, SelfSignedCertificate certificate, Path passwordFile) {
        this.listener = listener;
        this.certificate = certificate;
        this.passwordFile = passwordFile;
    }

    static TlsServer startFor(String hostName, Path directory) throws Exception {
        SelfSignedCertificate certificate = SelfSignedCertificate.create(
                Files.createDirectory(directory.resolve("certificate")), "dns:" + hostName);
        char[] password = SelfSignedCertificate.PASSWORD.toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(KeyStore.getInstance(certificate.keyStore().toFile(), password), password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket listener = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Path passwordFile = Files.writeString(directory.resolve("store-password"), SelfSignedCertificate.PASSWORD);
        TlsServer server = new TlsServer(listener, certificate, passwordFile);
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
        return certificate.trustStore();
    }

    Path passwordFile() {
        return passwordFile;
    }

    private void shakeHands() {
        while (!listener.isClosed()) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                // Until the client turns away.
                socket.getInputStream().readAllBytes();
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
