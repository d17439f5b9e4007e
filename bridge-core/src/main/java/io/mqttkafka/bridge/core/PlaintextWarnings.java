package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns of passwords and tokens that cross a network in the clear. */
final class PlaintextWarnings {
    private static final Logger log = LoggerFactory.getLogger(PlaintextWarnings.class);
    private static final Set<String> SEND_THE_SECRET = Set.of("PLAIN", "OAUTHBEARER");

    private PlaintextWarnings() {}

    static void warn(MqttOptions mqtt, KafkaOptions kafka) {
        if (mqtt.username() != null) {
            mqtt.serverUris().forEach(PlaintextWarnings::warnOf);
        }
        Stream.of(kafka.client(), kafka.producer(), kafka.consumer())
                .map(properties -> sasl(kafka.client(), properties))
                .filter(mechanism -> !mechanism.isEmpty())
                .findFirst()
                .ifPresent(mechanism -> warnOf(mechanism, kafka));
    }

    private static void warnOf(URI uri) {
        ServerAddress address = ServerAddress.of(uri);
        if (!address.secure() && !isLoopback(address.host())) {
            // Without its query, which can hold a token.
            log.warn(
                    "mqtt.credentials: user name and password cross the network to {} in the clear; use ssl://",
                    address);
        }
    }

    /** The mechanism of clients that log in without TLS; empty if they do not. */
    private static String sasl(Map<String, Object> shared, Map<String, Object> own) {
        Object protocol = own.getOrDefault("security.protocol", shared.get("security.protocol"));
        Object mechanism = own.getOrDefault("sasl.mechanism", shared.getOrDefault("sasl.mechanism", "GSSAPI"));
        return "SASL_PLAINTEXT".equalsIgnoreCase(String.valueOf(protocol)) ? String.valueOf(mechanism) : "";
    }

    private static void warnOf(String mechanism, KafkaOptions kafka) {
        List<String> remote = kafka.bootstrapServers().stream()
                .filter(server -> !isLoopback(host(server)))
                .toList();
        if (remote.isEmpty()) {
            return;
        }
        if (SEND_THE_SECRET.contains(mechanism)) {
            log.warn(
                    "kafka.client: with security.protocol=SASL_PLAINTEXT and sasl.mechanism={} the password or token crosses the"
                            + " network to {} in the clear; use SASL_SSL",
                    mechanism,
                    remote);
        } else if (mechanism.startsWith("SCRAM")) {
            log.warn(
                    "kafka.client: with security.protocol=SASL_PLAINTEXT and sasl.mechanism={} who listens on the network to {} can"
                            + " try out passwords, and read every message; use SASL_SSL",
                    mechanism,
                    remote);
        }
    }

    private static String host(String server) {
        int colon = server.lastIndexOf(':');
        String host = colon < 0 ? server : server.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            log.debug("The host {} is unknown", host, e);
            return false;
        }
    }
}
