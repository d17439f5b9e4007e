package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
 *
 * @param trustStore the certificates to trust; null for those that Java trusts
 * @param trustStorePassword the password of the trust store, or null if it has none
 * @param keyStore the client's own certificate and key, or null if the broker asks for none
 * @param keyStorePassword the password of the key store, or null if it has none
 * @param caCertificates the certificates to trust in PEM, instead of a trust store; or null
 * @param certificate the client's own certificate and those between it and its authority in PEM, instead of a key store; or
 *     null
 * @param privateKey the key of that certificate in PEM, or null
 * @param keyPassword the password of an encrypted key in PEM, or null
 * @param alpn the application protocols to offer, the best first; empty for none
 */
public record TlsOptions(
        @Nullable Path trustStore,
        @Nullable Secret trustStorePassword,
        @Nullable Path keyStore,
        @Nullable Secret keyStorePassword,
        @Nullable Path caCertificates,
        @Nullable Path certificate,
        @Nullable Path privateKey,
        @Nullable Secret keyPassword,
        List<String> alpn) {
    /** The options that trust what Java trusts. */
    public static final TlsOptions DEFAULT = new Builder().build();

    private static final int LONGEST_PROTOCOL = 255;

    /**
     * Checks that the files can be read, and that they do not contradict each other.
     *
     * @param trustStore the certificates to trust; null for those that Java trusts
     * @param trustStorePassword the password of the trust store, or null if it has none
     * @param keyStore the client's own certificate and key, or null if the broker asks for none
     * @param keyStorePassword the password of the key store, or null if it has none
     * @param caCertificates the certificates to trust in PEM, or null
     * @param certificate the client's own certificate in PEM, or null
     * @param privateKey the key of that certificate in PEM, or null
     * @param keyPassword the password of an encrypted key in PEM, or null
     * @param alpn the application protocols to offer
     * @throws NullPointerException if {@code alpn} or a part of it is null
     * @throws IllegalArgumentException if an application protocol is empty or longer than 255 bytes
     * @throws BridgeConfigException if a file cannot be read, if there are two sources of trust or of the key, or a certificate
     *     without a key or the other way round
     */
    public TlsOptions {
        alpn = List.copyOf(alpn);
        for (String protocol : alpn) {
            int length = protocol.getBytes(StandardCharsets.UTF_8).length;
            if (length == 0 || length > LONGEST_PROTOCOL) {
                throw new IllegalArgumentException(
                        "tls.alpn: a protocol must be 1 to " + LONGEST_PROTOCOL + " bytes; name one such as mqtt");
            }
        }
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
     * Collects {@link TlsOptions}. What is set again replaces what was set before. Files are checked by {@link #build()}. Not
     * thread-safe.
     */
    public static final class Builder {
        private @Nullable Path trustStore;
        private @Nullable Secret trustStorePassword;
        private @Nullable Path keyStore;
        private @Nullable Secret keyStorePassword;
        private @Nullable Path caCertificates;
        private @Nullable Path certificate;
        private @Nullable Path privateKey;
        private @Nullable Secret keyPassword;
        private List<String> alpn = List.of();

        /** Makes a builder of the defaults. */
        public Builder() {}

        /**
         * Sets the certificates to trust. Default: those that Java trusts.
         *
         * @param file a PKCS12 or JKS file
         * @param password its password, or null if it has none
         * @return this
         */
        public Builder trustStore(Path file, @Nullable String password) {
            trustStore = Objects.requireNonNull(file, "file");
            trustStorePassword = password == null ? null : new Secret(password);
            return this;
        }

        /**
         * Sets the client's own certificate and key. Default: none.
         *
         * @param file a PKCS12 or JKS file
         * @param password the password of the file and of the key, or null if there is none
         * @return this
         */
        public Builder keyStore(Path file, @Nullable String password) {
            keyStore = Objects.requireNonNull(file, "file");
            keyStorePassword = password == null ? null : new Secret(password);
            return this;
        }

        /**
         * Sets the certificates to trust, instead of a trust store. Default: those that Java trusts.
         *
         * @param file a PEM file with one certificate or more
         * @return this
         */
        public Builder caCertificates(Path file) {
            caCertificates = Objects.requireNonNull(file, "file");
            return this;
        }

        /**
         * Sets the client's own certificate, instead of a key store. Needs {@link #privateKey}. Default: none.
         *
         * @param file a PEM file: first the certificate, then those between it and its authority, if there are any
         * @return this
         */
        public Builder certificate(Path file) {
            certificate = Objects.requireNonNull(file, "file");
            return this;
        }

        /**
         * Sets the key of {@link #certificate}. Default: none.
         *
         * @param file a PEM file with a key of RSA, EC or Ed25519: {@code PRIVATE KEY}, {@code ENCRYPTED PRIVATE KEY}, {@code RSA
         *     PRIVATE KEY} or {@code EC PRIVATE KEY}
         * @return this
         */
        public Builder privateKey(Path file) {
            privateKey = Objects.requireNonNull(file, "file");
            return this;
        }

        /**
         * Sets the password of an encrypted {@link #privateKey}. Default: none.
         *
         * @param password the password
         * @return this
         */
        public Builder keyPassword(String password) {
            keyPassword = new Secret(password);
            return this;
        }

        /**
         * Sets the application protocols to offer (ALPN), the best first; AWS IoT Core asks for {@code mqtt} or {@code
         * x-amzn-mqtt-ca} on port 443. Default: none.
         *
         * @param protocols each of 1 to 255 bytes
         * @return this
         */
        public Builder alpn(String... protocols) {
            alpn = List.of(protocols);
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         * @throws IllegalArgumentException if an application protocol is empty or too long
         * @throws BridgeConfigException if a file cannot be read, if there are two sources of trust or of the key, or a
         *     certificate without a key or the other way round
         */
        public TlsOptions build() {
            return new TlsOptions(
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
    }
}
