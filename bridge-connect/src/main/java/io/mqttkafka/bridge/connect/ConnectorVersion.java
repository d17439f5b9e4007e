package io.mqttkafka.bridge.connect;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** The version of the connectors, as the build has written it down. */
final class ConnectorVersion {
    private static final String FILE = "/io/mqttkafka/bridge/connect/version.properties";

    private ConnectorVersion() {}

    static String get() {
        Properties properties = new Properties();
        try (InputStream file = Objects.requireNonNull(ConnectorVersion.class.getResourceAsStream(FILE), FILE)) {
            properties.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }
}
