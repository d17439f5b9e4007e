package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;

class StartFailuresTest {
    private static String text(Exception failure) {
        KafkaOptions options =
                KafkaOptions.builder().bootstrapServers("kafka:9092").build();
        return StartFailures.of(options, new ExecutionException(failure)).getMessage();
    }

    private static SslAuthenticationException handshake(Exception cause) {
        return new SslAuthenticationException("SSL handshake failed", cause);
    }

    @Test
    void tlsNotTrusted_namesTheTrustStore() {
        assertThat(text(handshake(
                        new SSLHandshakeException("PKIX path building failed: unable to find certification path"))))
                .startsWith("kafka.client: no TLS with Kafka [kafka:9092] (")
                .contains("SSL handshake failed", "PKIX path building failed", "ssl.truststore.location");
    }

    @Test
    void tlsForAnotherHost_namesTheHost() {
        assertThat(text(handshake(new SSLHandshakeException("No subject alternative DNS name matching kafka found."))))
                .contains("No subject alternative", "advertised.listeners");
    }

    @Test
    void tlsToAPlainPort_namesTheProtocol() {
        assertThat(text(handshake(new SSLException("Unsupported or unrecognized SSL message"))))
                .contains("does not speak TLS", "security.protocol");
    }

    @Test
    void tlsRefusedByAnAlert_namesTheKeyStore() {
        assertThat(text(handshake(new SSLHandshakeException("Received fatal alert: bad_certificate"))))
                .contains("bad_certificate", "ssl.keystore.location");
    }

    /** What is at the bottom can repeat what stands in sasl.jaas.config. */
    @Test
    void reasonBelow_isRepeatedOnlyIfItHoldsNoSecret() {
        KafkaException jaas = new KafkaException(
                "Failed to create new KafkaAdminClient",
                new IllegalArgumentException("Login module control flag: canary"));
        assertThat(SendFailures.withReason(jaas)).isEqualTo("Failed to create new KafkaAdminClient");
        KafkaException host = new KafkaException(
                "Failed to create new KafkaAdminClient",
                new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"));
        assertThat(SendFailures.withReason(host)).contains("No resolvable bootstrap urls");
    }

    @Test
    void credentialsRefused_areNamed() {
        assertThat(text(new SaslAuthenticationException("Authentication failed")))
                .startsWith("kafka.client: ")
                .contains("refuses the credentials", "Authentication failed");
    }

    @Test
    void away_isWhatCanPassByItself() {
        assertThat(KafkaAway.isCauseOf(new ExecutionException(new TimeoutException("no node"))))
                .isTrue();
        assertThat(KafkaAway.isCauseOf(new RuntimeException(new java.util.concurrent.TimeoutException())))
                .isTrue();
        assertThat(KafkaAway.isCauseOf(new KafkaException(
                        new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"))))
                .isTrue();
    }

    @Test
    void away_isNotWhatSomebodyHasToMend() {
        assertThat(KafkaAway.isCauseOf(new ExecutionException(new AuthenticationException("no"))))
                .isFalse();
        assertThat(KafkaAway.isCauseOf(new TopicAuthorizationException("t"))).isFalse();
        assertThat(KafkaAway.isCauseOf(new UnknownTopicOrPartitionException("t")))
                .isFalse();
        assertThat(KafkaAway.isCauseOf(new ConfigException("Invalid url in bootstrap.servers: x")))
                .isFalse();
        assertThat(KafkaAway.isCauseOf(new IllegalArgumentException("no jaas"))).isFalse();
    }
}
