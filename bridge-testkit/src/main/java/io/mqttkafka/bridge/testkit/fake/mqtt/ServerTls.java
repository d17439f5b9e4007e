package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** Puts TLS in front of a channel; the only class that needs netty-handler. */
final class ServerTls {

    private ServerTls() {}

    static Consumer<SocketChannel> with(SelfSignedCertificate certificate) {
        SSLContext context = context(certificate);
        return channel -> {
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(false);
            channel.pipeline().addLast(new SslHandler(engine));
        };
    }

    private static SSLContext context(SelfSignedCertificate certificate) {
        char[] password = SelfSignedCertificate.PASSWORD.toCharArray();
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(KeyStore.getInstance(certificate.keyStore().toFile(), password), password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK cannot use the certificate", e);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the certificate", e);
        }
    }
}
