package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.config.Secret;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts of stores and PEM files, which are read anew each time. */
final class TlsContexts {
    private static final char[] IN_MEMORY = {'m', 'e', 'm', 'o', 'r', 'y'};

    private TlsContexts() {}

    static SSLContext create(TlsOptions options) throws MqttConnectException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(options), trust(options), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw failed(
                    "mqtt.tls: trust and key store cannot be used (" + e.getMessage() + "); check files and passwords",
                    e);
        }
    }

    private static TrustManager @Nullable [] trust(TlsOptions options)
            throws GeneralSecurityException, MqttConnectException {
        KeyStore trusted;
        if (options.trustStore() != null) {
            trusted = load("mqtt.tls.trustStore", options.trustStore(), options.trustStorePassword());
            requireEntry(
                    trusted,
                    // The certificate of a private key is trusted as well.
                    alias -> trusted.getCertificate(alias) != null,
                    "mqtt.tls.trustStore: '" + options.trustStore() + "' has no certificate to trust"
                            + (options.trustStorePassword() == null
                                    ? ", or none that can be read without a password; give its password, or a store"
                                    : "; give a store")
                            + " with the authority that signed the broker's certificate");
        } else if (options.caCertificates() != null) {
            trusted = empty();
            List<Certificate> certificates = certificates("mqtt.tls.caCertificates", options.caCertificates());
            for (int i = 0; i < certificates.size(); i++) {
                trusted.setCertificateEntry("ca-" + i, certificates.get(i));
            }
        } else {
            return null;
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory.getTrustManagers();
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
        throw failed(otherwise, null);
    }

    private static KeyManager @Nullable [] keys(TlsOptions options)
            throws GeneralSecurityException, MqttConnectException {
        KeyStore store;
        char[] password;
        if (options.keyStore() != null) {
            store = load("mqtt.tls.keyStore", options.keyStore(), options.keyStorePassword());
            requireEntry(
                    store,
                    store::isKeyEntry,
                    "mqtt.tls.keyStore: '" + options.keyStore() + "' has no private key"
                            + (options.keyStorePassword() == null
                                    ? " that can be read without a password; give its password, or a store"
                                    : "; give a store")
                            + " with the client's own certificate and key");
            password = characters("mqtt.tls.keyStore", options.keyStorePassword());
        } else if (options.certificate() != null && options.privateKey() != null) {
            store = empty();
            password = IN_MEMORY;
            Certificate[] chain =
                    certificates("mqtt.tls.certificate", options.certificate()).toArray(new Certificate[0]);
            PrivateKey key = privateKey(options.privateKey(), options.keyPassword());
            if (!PemFiles.belongs(key, chain[0].getPublicKey())) {
                throw failed(
                        "mqtt.tls.privateKey: '" + options.privateKey()
                                + "' is not the key of the first certificate in '"
                                + options.certificate() + "' (mqtt.tls.certificate); give the two that belong together,"
                                + " the client's own certificate first",
                        null);
            }
            store.setKeyEntry("client", key, password, chain);
        } else {
            return null;
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    private static KeyStore empty() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            return store;
        } catch (IOException e) {
            throw new GeneralSecurityException("no store in memory", e);
        }
    }

    private static List<Certificate> certificates(String option, Path file) throws MqttConnectException {
        try {
            return PemFiles.certificates(file);
        } catch (IOException | GeneralSecurityException e) {
            throw failed(
                    option + ": '" + file + "' cannot be read (" + e.getMessage()
                            + "); give a PEM file with certificates",
                    e);
        }
    }

    private static PrivateKey privateKey(Path file, @Nullable Secret password) throws MqttConnectException {
        try {
            return PemFiles.privateKey(file, characters("mqtt.tls.keyPassword", password));
        } catch (IOException e) {
            throw failed(
                    "mqtt.tls.privateKey: '" + file + "' cannot be read (" + e.getMessage()
                            + "); give a PEM file with a private key",
                    e);
        } catch (GeneralSecurityException e) {
            throw failed(
                    "mqtt.tls.keyPassword: the key in '" + file + "' cannot be decrypted (" + e.getMessage()
                            + "); check the password",
                    e);
        }
    }

    private static KeyStore load(String option, Path file, @Nullable Secret password)
            throws GeneralSecurityException, MqttConnectException {
        try {
            return KeyStore.getInstance(file.toFile(), characters(option, password));
        } catch (IOException e) {
            throw failed(
                    option + ": '" + file + "' cannot be opened (" + e.getMessage()
                            + "); give a PKCS12 or JKS file and its password",
                    e);
        }
    }

    private static char @Nullable [] characters(String option, @Nullable Secret secret) throws MqttConnectException {
        try {
            return secret == null ? null : secret.reveal().toCharArray();
        } catch (UncheckedIOException e) {
            throw failed(option + ": the password cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static MqttConnectException failed(String message, @Nullable Throwable cause) {
        return new MqttConnectException(MqttConnectException.Kind.TLS, message, cause);
    }
}
