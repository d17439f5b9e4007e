package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProducerSettingsTest {
    private static final MqttOptions MQTT = MqttOptions.builder()
            .serverUri("tcp://broker")
            .maxInFlightBytes(16 << 20)
            .build();

    private static Map<String, Object> producer(UnaryOperator<KafkaOptions.Builder> kafka) {
        return producer(kafka, MQTT);
    }

    private static Map<String, Object> producer(UnaryOperator<KafkaOptions.Builder> kafka, MqttOptions mqtt) {
        return ProducerSettings.producer(
                kafka.apply(KafkaOptions.builder().bootstrapServers("kafka:9092"))
                        .build(),
                mqtt,
                "edge-1");
    }

    private static ProducerConfig parsed(Map<String, Object> properties) {
        Map<String, Object> whole = new HashMap<>(properties);
        whole.put("key.serializer", ByteArraySerializer.class);
        whole.put("value.serializer", ByteArraySerializer.class);
        return new ProducerConfig(whole);
    }

    /** Closing it waits for the fetch under way. */
    @Test
    void stateConsumer_doesNotFetchForLong() {
        KafkaOptions kafka =
                KafkaOptions.builder().bootstrapServers("kafka:9092").build();

        assertThat(ProducerSettings.stateConsumer(kafka, "edge-1")).containsEntry("fetch.max.wait.ms", 20);
    }

    @Test
    void deliveryTimeout_notSet_isTheLongest() {
        assertThat(producer(k -> k)).containsEntry("delivery.timeout.ms", Integer.MAX_VALUE);
    }

    @Test
    void deliveryTimeout_set_isPassedOnWithTimeForOneRequest() {
        Map<String, Object> properties = producer(k -> k.deliveryTimeout(Duration.ofSeconds(10)));

        assertThat(properties).containsEntry("delivery.timeout.ms", 10_000).containsEntry("request.timeout.ms", 9_995);
        // Kafka's client checks that they fit.
        parsed(properties);
    }

    @Test
    void deliveryTimeout_longerThanARequest_leavesThatAlone() {
        assertThat(producer(k -> k.deliveryTimeout(Duration.ofMinutes(2)).producer("request.timeout.ms", 20_000)))
                .containsEntry("delivery.timeout.ms", 120_000)
                .containsEntry("request.timeout.ms", 20_000);
    }

    @Test
    void buffer_holdsAFullWindow() {
        MqttOptions large = MqttOptions.builder()
                .serverUri("tcp://broker")
                .maxInFlightBytes(1L << 30)
                .build();

        assertThat((long) producer(k -> k, large).get("buffer.memory")).isGreaterThan(1L << 30);
        assertThat((long) producer(k -> k).get("buffer.memory")).isGreaterThan(MQTT.maxInFlightBytes());
    }

    @Test
    void buffer_smallerThanTheWindow_isRefused() {
        long window = MQTT.maxInFlightBytes();

        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> producer(k -> k.producer("buffer.memory", window - 1)))
                .withMessage("kafka.producer: buffer.memory=" + (window - 1) + " is less than mqtt.maxInFlightBytes "
                        + window + ", so that a full window would block the reader; leave it out or lower"
                        + " mqtt.maxInFlightBytes");
        assertThat(producer(k -> k.producer("buffer.memory", window))).containsEntry("buffer.memory", window);
    }

    @Test
    void buffer_noNumber_isRefused() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> producer(k -> k.producer("buffer.memory", "much")))
                .withMessage("kafka.producer: buffer.memory=much is not a number");
    }

    @ParameterizedTest
    @CsvSource({"2, 500", "8, 2000", "30, 5000", "3600, 5000"})
    void block_isAtMostAQuarterOfTheKeepAlive(int keepAliveSeconds, long milliseconds) {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri("tcp://broker")
                .keepAlive(Duration.ofSeconds(keepAliveSeconds))
                .build();

        assertThat(producer(k -> k, mqtt)).containsEntry("max.block.ms", milliseconds);
    }

    @Test
    void safety_isSetWhateverTheUserSays() {
        Map<String, Object> properties = producer(k -> k.producer("acks", "-1").client("enable.idempotence", "true"));

        assertThat(properties).containsEntry("acks", "all").containsEntry("enable.idempotence", true);
    }

    /** Kafka's client would have to ask for it again, and the reader to wait, while Kafka may hang. */
    @Test
    void knownTopics_areNotForgottenInAPause() {
        long forgotten = parsed(producer(k -> k)).getLong("metadata.max.idle.ms");

        assertThat(Duration.ofMillis(forgotten)).isGreaterThanOrEqualTo(Duration.ofDays(365));
        // Kafka's client adds it to the time.
        assertThat(System.currentTimeMillis() + forgotten).isPositive();
    }

    @Test
    void knownTopics_userSaysHowLong_isKept() {
        assertThat(producer(k -> k.producer("metadata.max.idle.ms", 60_000)))
                .containsEntry("metadata.max.idle.ms", 60_000);
        assertThat(producer(k -> k.client("metadata.max.idle.ms", 60_000)))
                .containsEntry("metadata.max.idle.ms", 60_000);
    }
}
