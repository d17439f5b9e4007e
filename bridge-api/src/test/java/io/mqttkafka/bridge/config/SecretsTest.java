package io.mqttkafka.bridge.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.MqttProperties;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.message.UserProperty;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One canary in every place for a secret or for content: no {@code toString} may show it. */
class SecretsTest {
    private static final String CANARY = "canary-4711";
    private static final byte[] BYTES = CANARY.getBytes(UTF_8);

    @TempDir
    Path directory;

    private MqttOptions mqtt() {
        try {
            Path store = Files.writeString(directory.resolve("store.p12"), "");
            return MqttOptions.builder()
                    .serverUri("wss://broker/mqtt?X-Amz-Signature=" + CANARY)
                    .clientId("edge-1")
                    .credentials("user", CANARY)
                    .tls(tls -> tls.trustStore(store, CANARY).keyStore(store, CANARY))
                    .build();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KafkaOptions.Builder kafka() {
        return KafkaOptions.builder()
                .bootstrapServers("kafka:9092")
                .client("sasl.jaas.config", "PlainLoginModule required password=\"" + CANARY + "\";")
                .client("ssl.keystore.password", CANARY)
                .producer("ssl.key.password", CANARY)
                .producer("custom.object", List.of(CANARY));
    }

    @Test
    void toString_anyOptions_showsNoSecret() {
        var config = new BridgeConfig(
                mqtt(),
                kafka().build(),
                List.of(Route.fromMqtt("a/#").toKafka("b").build()),
                List.of(new BridgeListener() {}),
                new Life(Duration.ofSeconds(1), StartMode.UNTIL_TIMEOUT, Duration.ofSeconds(1), Duration.ofSeconds(1)),
                LoopOptions.defaults(),
                null);
        assertThat(config.toString()).doesNotContain(CANARY);
        assertThat(config.mqtt().toString())
                .doesNotContain(CANARY)
                .contains("wss://broker/mqtt?****", "username=user", "password=****", "trustStorePassword=****");
        assertThat(config.mqtt().tls().toString()).doesNotContain(CANARY);
        assertThat(config.kafka().toString()).doesNotContain(CANARY).contains("sasl.jaas.config");
    }

    @Test
    void toString_builders_showNoSecret() {
        assertThat(kafka().toString()).doesNotContain(CANARY);
        assertThat(MqttOptions.builder().credentials("user", CANARY).toString()).doesNotContain(CANARY);
        assertThat(TlsOptions.builder().trustStore(directory, CANARY).toString())
                .doesNotContain(CANARY);
    }

    @Test
    void toString_secret_isAlwaysTheSame() {
        assertThat(new Secret(CANARY)).hasToString("****");
        assertThat(new Secret("")).hasToString("****");
        assertThat(new Secret(CANARY).reveal()).isEqualTo(CANARY);
        assertThat(new Secret(CANARY)).isEqualTo(new Secret(CANARY));
        assertThatNullPointerException().isThrownBy(() -> new Secret(null));
    }

    static Stream<Object> content() {
        var properties = new MqttProperties(
                true, 1L, "text/plain", "reply/to", BYTES, List.of(new UserProperty("token", CANARY)));
        var message = new MqttMessage("a/b", BYTES, QoS.AT_LEAST_ONCE, true, true, properties, 0);
        return Stream.of(
                properties,
                message,
                new UserProperty("token", CANARY),
                new Header("token", BYTES),
                Received.of(message, CANARY, Map.of("site", "1")),
                new Partitioner.Request("t", 1, BYTES, message));
    }

    @ParameterizedTest
    @MethodSource("content")
    void toString_anyMessage_showsNoContent(Object value) {
        assertThat(value.toString()).doesNotContain(CANARY).doesNotContain("[B@");
    }
}
