package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.config.Secret;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts of key and trust stores, which are read anew each time. */
final class TlsContexts {
    private TlsContexts() {}

    static SSLContext create(TlsOptions options) throws MqttConnectException {
        try {
            TrustManager[] trust = null;
            if (options.trustStore() != null) {
                TrustManagerFactory factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(load("mqtt.tls.trustStore", options.trustStore(), options.trustStorePassword()));
                trust = factory.getTrustManagers();
            }
            KeyManager[] keys = null;
            if (options.keyStore() != null) {
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                KeyStore store = load("mqtt.tls.keyStore", options.keyStore(), options.keyStorePassword());
                factory.init(store, characters(options.keyStorePassword()));
                keys = factory.getKeyManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new MqttConnectException(
                    MqttConnectException.Kind.TLS,
                    "mqtt.tls: trust and key store cannot be used (" + e.getMessage() + "); check files and passwords",
                    e);
        }
    }

    private static KeyStore load(String option, Path file, @Nullable Secret password)
            throws GeneralSecurityException, MqttConnectException {
        try {
            return KeyStore.getInstance(file.toFile(), characters(password));
        } catch (IOException e) {
            throw new MqttConnectException(
                    MqttConnectException.Kind.TLS,
                    option + ": '" + file + "' cannot be opened (" + e.getMessage()
                            + "); give a PKCS12 or JKS file and its password",
                    e);
        }
    }

    private static char @Nullable [] characters(@Nullable Secret secret) {
        return secret == null ? null : secret.reveal().toCharArray();
    }
}
