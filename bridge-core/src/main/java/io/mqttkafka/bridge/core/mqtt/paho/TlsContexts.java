package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.config.Secret;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
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
                KeyStore store = load("mqtt.tls.trustStore", options.trustStore(), options.trustStorePassword());
                requireEntry(
                        store,
                        // The certificate of a private key is trusted as well.
                        alias -> store.getCertificate(alias) != null,
                        "mqtt.tls.trustStore: '" + options.trustStore() + "' has no certificate to trust"
                                + (options.trustStorePassword() == null
                                        ? " that can be read without a password; give its password, or a store"
                                        : "; give a store")
                                + " with the authority that signed the broker's certificate");
                factory.init(store);
                trust = factory.getTrustManagers();
            }
            KeyManager[] keys = null;
            if (options.keyStore() != null) {
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                KeyStore store = load("mqtt.tls.keyStore", options.keyStore(), options.keyStorePassword());
                requireEntry(
                        store,
                        store::isKeyEntry,
                        "mqtt.tls.keyStore: '" + options.keyStore() + "' has no private key"
                                + (options.keyStorePassword() == null
                                        ? " that can be read without a password; give its password, or a store"
                                        : "; give a store")
                                + " with the client's own certificate and key");
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

    private interface Entry {
        boolean isAt(String alias) throws GeneralSecurityException;
    }

    /** Without this the JDK says that "the trustAnchors parameter must be non-empty", or shows no certificate in silence. */
    private static void requireEntry(KeyStore store, Entry entry, String otherwise)
            throws GeneralSecurityException, MqttConnectException {
        for (String alias : Collections.list(store.aliases())) {
            if (entry.isAt(alias)) {
                return;
            }
        }
        throw new MqttConnectException(MqttConnectException.Kind.TLS, otherwise, null);
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
