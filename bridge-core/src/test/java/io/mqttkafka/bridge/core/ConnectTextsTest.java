package io.mqttkafka.bridge.core;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import org.junit.jupiter.api.Test;

/** Texts of CONNECT that MQTT does not take, such as those read from a file with the end of its line. */
class ConnectTextsTest {
    private static BridgeBuilder bridge() {
        return Bridge.builder().kafka(k -> k.bootstrapServers("kafka:9092"));
    }

    private static void assertRefused(BridgeBuilder bridge, String option) {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(bridge::build)
                .withMessageStartingWith(option + ": '")
                .withMessageContaining("\\u000A")
                .withMessageContaining("leave them out");
    }

    @Test
    void username_withTheEndOfALine_isRefused() {
        assertRefused(
                bridge().mqtt(m -> m.serverUri("tcp://broker").clientId("c").credentials("me\n", "secret"))
                        .route(Route.fromMqtt("a/#").toKafka("t").build()),
                "mqtt.credentials");
    }

    @Test
    void clientId_withTheEndOfALine_isRefused() {
        assertRefused(
                bridge().mqtt(m -> m.serverUri("tcp://broker").clientId("c\n"))
                        .route(Route.fromMqtt("a/#").toKafka("t").build()),
                "mqtt.clientId");
    }

    @Test
    void clientIdOfARoute_withTheEndOfALine_isRefused() {
        assertRefused(
                bridge().mqtt(m -> m.serverUri("tcp://broker").clientId("c"))
                        .route(Route.fromMqtt("a/#")
                                .clientId("d\n")
                                .toKafka("t")
                                .build()),
                "route: clientId");
    }
}
