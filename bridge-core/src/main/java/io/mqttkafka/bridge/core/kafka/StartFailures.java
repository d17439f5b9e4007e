package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.security.GeneralSecurityException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SslAuthenticationException;

/** Says in words, with the mend, why a Kafka client could not start. */
final class StartFailures {
    private StartFailures() {}

    private static String tlsMend(String why) {
        if (why.contains("PKIX") || why.contains("trustAnchors")) {
            return "its certificate is not trusted: set ssl.truststore.location (and .password, .type) to a store with the"
                    + " authority that signed it";
        }
        if (why.contains("No subject alternative") || why.contains("No name matching")) {
            return "its certificate is for another host: use a host name that it holds, in kafka.bootstrapServers and in the"
                    + " brokers' advertised.listeners";
        }
        if (why.contains("Unsupported or unrecognized SSL message")) {
            return "this port does not speak TLS: set security.protocol to PLAINTEXT or SASL_PLAINTEXT, or use the port that does";
        }
        return "check security.protocol, and whether it asks for a certificate of the client (ssl.keystore.location)";
    }

    static BridgeStartException of(KafkaOptions options, Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InterruptedException || cause instanceof InterruptException) {
                Thread.currentThread().interrupt();
                return new BridgeStartException("the start was interrupted", failure);
            }
            if (StartAttempts.isUnresolved(cause)) {
                return new BridgeStartException(
                        "kafka.bootstrapServers: " + options.bootstrapServers() + ": none of the host names could be"
                                + " resolved before the start timeout; check host names and the name server",
                        failure);
            }
            if (cause instanceof ConfigException) {
                boolean servers = String.valueOf(cause.getMessage()).contains("bootstrap");
                return new BridgeStartException(
                        (servers
                                        ? "kafka.bootstrapServers: " + options.bootstrapServers() + ": "
                                        : "kafka.client, kafka.producer, kafka.consumer: ")
                                + cause.getMessage()
                                + (servers ? "; check host names" : "; check the property"),
                        failure);
            }
            if (cause instanceof IllegalArgumentException || cause instanceof GeneralSecurityException) {
                // Without its message, which can repeat parts of sasl.jaas.config.
                return new BridgeStartException(
                        "kafka.client: Kafka's client cannot be made with these properties ("
                                + cause.getClass().getSimpleName()
                                + ", see the cause); check the sasl.* and ssl.* properties, such as sasl.jaas.config",
                        failure);
            }
            if (cause instanceof SslAuthenticationException) {
                return new BridgeStartException(
                        "kafka.client: no TLS with Kafka " + options.bootstrapServers() + " ("
                                + SendFailures.withReason(cause) + "); " + tlsMend(SendFailures.withReason(cause)),
                        failure);
            }
            if (cause instanceof AuthenticationException) {
                return new BridgeStartException(
                        "kafka.client: Kafka " + options.bootstrapServers() + " refuses the credentials or the TLS"
                                + " connection (" + cause.getMessage()
                                + "); check security.protocol and the sasl.* and ssl.* properties",
                        failure);
            }
            if (cause instanceof AuthorizationException) {
                return new BridgeStartException(
                        "kafka.client: Kafka " + options.bootstrapServers() + " does not authorise us ("
                                + cause.getMessage() + "); check the ACLs of this user",
                        failure);
            }
        }
        return new BridgeStartException(
                "kafka.bootstrapServers: no answer from Kafka at " + options.bootstrapServers()
                        + "; check host and port, that it runs, and that security.protocol fits",
                failure);
    }
}
