package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.Once;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the MQTT broker. The broker's host name is always checked against its certificate.
 *
 * <p>Stores are PKCS12 or JKS files; certificates and keys can be PEM files instead. They are read at every connect, so that a
 * rotated file is picked up. Secrets never appear in {@link #toString()}.
 *
 * <p>Immutable.
 */
public final class TlsOptions {
    private static final int LONGEST_PROTOCOL = 255;
    private static final TlsOptions DEFAULTS = new Builder().build();

    private final @Nullable Path trustStore;
    private final @Nullable Secret trustStorePassword;
    private final @Nullable Path keyStore;
    private final @Nullable Secret keyStorePassword;
    private final @Nullable Path caCertificates;
    private final @Nullable Path certificate;
    private final @Nullable Path privateKey;
    private final @Nullable Secret keyPassword;
    private final List<String> alpn;

    private TlsOptions(Builder builder) {
        trustStore = builder.trustStore;
        trustStorePassword = builder.trustStorePassword;
        keyStore = builder.keyStore;
        keyStorePassword = builder.keyStorePassword;
        caCertificates = builder.caCertificates;
        certificate = builder.certificate;
        privateKey = builder.privateKey;
        keyPassword = builder.keyPassword;
        alpn = builder.alpn;
        requireReadable("tls.trustStore", trustStore);
        requireReadable("tls.keyStore", keyStore);
        requireReadable("tls.caCertificates", caCertificates);
        requireReadable("tls.certificate", certificate);
        requireReadable("tls.privateKey", privateKey);
        if (trustStore != null && caCertificates != null) {
            throw new BridgeConfigException(
                    "tls.caCertificates: is set beside tls.trustStore; leave one of them out, they are not merged");
        }
        if (keyStore != null && (certificate != null || privateKey != null)) {
            throw new BridgeConfigException(
                    "tls.certificate: is set beside tls.keyStore; leave one of them out, they are not merged");
        }
        if ((certificate == null) != (privateKey == null)) {
            throw new BridgeConfigException(
                    certificate == null
                            ? "tls.certificate: is missing beside tls.privateKey; set the certificate of that key"
                            : "tls.privateKey: is missing beside tls.certificate; set the key of that certificate");
        }
    }

    private static void requireReadable(String option, @Nullable Path file) {
        if (file != null && (Files.isDirectory(file) || !Files.isReadable(file))) {
            throw new BridgeConfigException(option + ": '" + file + "' is not a readable file; check path and rights");
        }
    }

    /**
     * Returns the options that trust what Java trusts.
     *
     * @return the defaults, as the {@link Builder} names them
     */
    public static TlsOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts with these options, each of which can be set anew once.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return the certificates to trust; null for those that Java trusts} */
    public @Nullable Path trustStore() {
        return trustStore;
    }

    /** {@return the password of the trust store, or null if it has none} */
    public @Nullable Secret trustStorePassword() {
        return trustStorePassword;
    }

    /** {@return the client's own certificate and key, or null if the broker asks for none} */
    public @Nullable Path keyStore() {
        return keyStore;
    }

    /** {@return the password of the key store, or null if it has none} */
    public @Nullable Secret keyStorePassword() {
        return keyStorePassword;
    }

    /** {@return the certificates to trust in PEM, instead of a trust store; or null} */
    public @Nullable Path caCertificates() {
        return caCertificates;
    }

    /** {@return the client's own certificate and those between it and its authority in PEM, instead of a key store; or null} */
    public @Nullable Path certificate() {
        return certificate;
    }

    /** {@return the key of that certificate in PEM, or null} */
    public @Nullable Path privateKey() {
        return privateKey;
    }

    /** {@return the password of an encrypted key in PEM, or null} */
    public @Nullable Secret keyPassword() {
        return keyPassword;
    }

    /** {@return the application protocols to offer, the best first; empty for none} */
    public List<String> alpn() {
        return alpn;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TlsOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(
                trustStore,
                trustStorePassword,
                keyStore,
                keyStorePassword,
                caCertificates,
                certificate,
                privateKey,
                keyPassword,
                alpn);
    }

    @Override
    public String toString() {
        return "TlsOptions[trustStore=" + trustStore + ", trustStorePassword=" + trustStorePassword + ", keyStore="
                + keyStore + ", keyStorePassword=" + keyStorePassword + ", caCertificates=" + caCertificates
                + ", certificate=" + certificate + ", privateKey=" + privateKey + ", keyPassword=" + keyPassword
                + ", alpn=" + alpn + "]";
    }

    /**
     * Collects {@link TlsOptions}. Each option can be set once. Files are checked by {@link #build()}. Not
     * thread-safe.
     */
    public static final class Builder {
        private final Once once = new Once();
        private @Nullable Path trustStore;
        private @Nullable Secret trustStorePassword;
        private @Nullable Path keyStore;
        private @Nullable Secret keyStorePassword;
        private @Nullable Path caCertificates;
        private @Nullable Path certificate;
        private @Nullable Path privateKey;
        private @Nullable Secret keyPassword;
        private List<String> alpn = List.of();

        private Builder() {}

        private Builder(TlsOptions options) {
            trustStore = options.trustStore;
            trustStorePassword = options.trustStorePassword;
            keyStore = options.keyStore;
            keyStorePassword = options.keyStorePassword;
            caCertificates = options.caCertificates;
            certificate = options.certificate;
            privateKey = options.privateKey;
            keyPassword = options.keyPassword;
            alpn = options.alpn;
        }

        /**
         * Sets the certificates to trust. Default: those that Java trusts.
         *
         * @param file a PKCS12 or JKS file
         * @param password its password, or null if it has none
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder trustStore(Path file, @Nullable String password) {
            trustStore = once.set("tls.trustStore", Objects.requireNonNull(file, "file"));
            trustStorePassword = password == null ? null : new Secret(password);
            return this;
        }

        /**
         * Sets the client's own certificate and key. Default: none.
         *
         * @param file a PKCS12 or JKS file
         * @param password the password of the file and of the key, or null if there is none
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder keyStore(Path file, @Nullable String password) {
            keyStore = once.set("tls.keyStore", Objects.requireNonNull(file, "file"));
            keyStorePassword = password == null ? null : new Secret(password);
            return this;
        }

        /**
         * Sets the certificates to trust, instead of a trust store. Default: those that Java trusts.
         *
         * @param file a PEM file with one certificate or more
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder caCertificates(Path file) {
            caCertificates = once.set("tls.caCertificates", Objects.requireNonNull(file, "file"));
            return this;
        }

        /**
         * Sets the client's own certificate, instead of a key store. Needs {@link #privateKey}. Default: none.
         *
         * @param file a PEM file: first the certificate, then those between it and its authority, if there are any
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder certificate(Path file) {
            certificate = once.set("tls.certificate", Objects.requireNonNull(file, "file"));
            return this;
        }

        /**
         * Sets the key of {@link #certificate}. Default: none.
         *
         * @param file a PEM file with a key of RSA, EC or Ed25519: {@code PRIVATE KEY}, {@code ENCRYPTED PRIVATE KEY}, {@code RSA
         *     PRIVATE KEY} or {@code EC PRIVATE KEY}
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder privateKey(Path file) {
            privateKey = once.set("tls.privateKey", Objects.requireNonNull(file, "file"));
            return this;
        }

        /**
         * Sets the password of an encrypted {@link #privateKey}. Default: none.
         *
         * @param password the password
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder keyPassword(String password) {
            keyPassword = once.set("tls.keyPassword", new Secret(password));
            return this;
        }

        /**
         * Sets the application protocols to offer (ALPN), the best first; AWS IoT Core asks for {@code mqtt} or {@code
         * x-amzn-mqtt-ca} on port 443. Default: none.
         *
         * @param protocols each of 1 to 255 bytes
         * @return this
         * @throws IllegalArgumentException if one is empty or too long
         * @throws IllegalStateException if set before
         */
        public Builder alpn(String... protocols) {
            for (String protocol : protocols) {
                int length = protocol.getBytes(StandardCharsets.UTF_8).length;
                if (length == 0 || length > LONGEST_PROTOCOL) {
                    throw new IllegalArgumentException(
                            "tls.alpn: a protocol must be 1 to " + LONGEST_PROTOCOL + " bytes; name one such as mqtt");
                }
            }
            alpn = once.set("tls.alpn", List.of(protocols));
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         * @throws BridgeConfigException if a file cannot be read, if there are two sources of trust or of the key, or a
         *     certificate without a key or the other way round
         */
        public TlsOptions build() {
            return new TlsOptions(this);
        }
    }
}
