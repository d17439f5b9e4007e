package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the MQTT broker. The broker's host name is always checked against its certificate.
 *
 * <p>Stores are PKCS12 or JKS files; they are read at every connect, so that a rotated file is picked up. Secrets never
 * appear in {@link #toString()}.
 *
 * <p>Immutable.
 *
 * @param trustStore the certificates to trust; null for those that Java trusts
 * @param trustStorePassword the password of the trust store, or null if it has none
 * @param keyStore the client's own certificate and key, or null if the broker asks for none
 * @param keyStorePassword the password of the key store, or null if it has none
 */
public record TlsOptions(
        @Nullable Path trustStore,
        @Nullable Secret trustStorePassword,
        @Nullable Path keyStore,
        @Nullable Secret keyStorePassword) {
    /** The options that trust what Java trusts. */
    public static final TlsOptions DEFAULT = new TlsOptions(null, null, null, null);

    /**
     * Checks that the files can be read.
     *
     * @param trustStore the certificates to trust; null for those that Java trusts
     * @param trustStorePassword the password of the trust store, or null if it has none
     * @param keyStore the client's own certificate and key, or null if the broker asks for none
     * @param keyStorePassword the password of the key store, or null if it has none
     * @throws BridgeConfigException if one cannot
     */
    public TlsOptions {
        requireReadable("tls.trustStore", trustStore);
        requireReadable("tls.keyStore", keyStore);
    }

    private static void requireReadable(String option, @Nullable Path file) {
        if (file != null && (Files.isDirectory(file) || !Files.isReadable(file))) {
            throw new BridgeConfigException(option + ": '" + file + "' is not a readable file; check path and rights");
        }
    }

    /**
     * Collects {@link TlsOptions}. A store that is set again replaces the one before. Files are checked by {@link
     * #build()}. Not thread-safe.
     */
    public static final class Builder {
        private @Nullable Path trustStore;
        private @Nullable Secret trustStorePassword;
        private @Nullable Path keyStore;
        private @Nullable Secret keyStorePassword;

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
         * Builds the options.
         *
         * @return the options
         * @throws BridgeConfigException if a file cannot be read
         */
        public TlsOptions build() {
            return new TlsOptions(trustStore, trustStorePassword, keyStore, keyStorePassword);
        }
    }
}
