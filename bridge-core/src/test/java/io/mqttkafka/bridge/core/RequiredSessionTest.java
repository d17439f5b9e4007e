package io.mqttkafka.bridge.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Options without which QoS 1 and 2 from MQTT would lose messages. */
class RequiredSessionTest {
    private static Bridge build(QoS qos, UnaryOperator<MqttOptions.Builder> mqtt) {
        return Bridge.builder()
                .mqtt(mqtt.apply(MqttOptions.builder().serverUri("tcp://broker"))
                        .build())
                .kafka(k -> k.bootstrapServers("kafka:9092"))
                .route(Route.fromMqtt("a/#").qos(qos).toKafka("t").name("r").build())
                .build();
    }

    private static void assertRefused(QoS qos, UnaryOperator<MqttOptions.Builder> mqtt, String... parts) {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> build(qos, mqtt))
                .satisfies(refused -> assertThat(refused.getMessage())
                        .contains(parts)
                        .contains("route 'r' asks for QoS " + qos.level(), "or use QoS 0"));
    }

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void cleanStart_isRefused(QoS qos) {
        assertRefused(
                qos,
                m -> m.clientId("c").cleanStart(true),
                "mqtt.cleanStart: throws away what the broker queued",
                "leave it out");
    }

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void noClientId_isRefused(QoS qos) {
        assertRefused(qos, m -> m, "mqtt.clientId: is not set", "set one that stays the same over restarts");
    }

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void sessionThatEndsAtOnce_isRefused(QoS qos) {
        assertRefused(
                qos,
                m -> m.clientId("c").sessionExpiry(Duration.ZERO),
                "mqtt.sessionExpiry: 0 ends the session with the connection");
    }

    @Test
    void qos0_needsNoSession() {
        assertThat(build(QoS.AT_MOST_ONCE, m -> m.cleanStart(true).sessionExpiry(Duration.ZERO)))
                .isNotNull();
    }
}
