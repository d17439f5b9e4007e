package io.mqttkafka.bridge.core.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.FromKafka;
import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is refused when a bridge with routes from Kafka is built, and what is promised. */
class SinkRoutesTest {
    private static Bridge build(UnaryOperator<MqttOptions.Builder> mqtt, Route... routes) {
        BridgeBuilder builder = Bridge.builder()
                .mqtt(mqtt.apply(MqttOptions.builder().serverUri("tcp://broker"))
                        .build())
                .kafka(k -> k.bootstrapServers("kafka:9092"));
        for (Route route : routes) {
            builder.route(route);
        }
        return builder.build();
    }

    private static Route route(FromKafka<byte[]> source, String name) {
        return source.toMqtt("t").name(name).build();
    }

    private static void assertRefused(String part, UnaryOperator<MqttOptions.Builder> mqtt, Route... routes) {
        assertThatThrownBy(() -> build(mqtt, routes))
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining(part);
    }

    @Test
    void build_noClientIdAndNoGroup_isRefused() {
        assertRefused("group: is not set", m -> m, route(Route.fromKafka("a"), "r"));
        assertThat(build(m -> m, route(Route.fromKafka("a").group("g"), "r")).guarantees())
                .hasSize(1);
    }

    @Test
    void build_sameGroupAndTopics_isRefused() {
        UnaryOperator<MqttOptions.Builder> mqtt = m -> m.clientId("c");
        assertRefused(
                "'bridge-c' is also the group of route 'one'",
                mqtt,
                route(Route.fromKafka("a", "b"), "one"),
                route(Route.fromKafka("b"), "two"));
        assertRefused(
                "is also the group",
                mqtt,
                route(Route.fromKafka(Pattern.compile("a.*")), "one"),
                route(Route.fromKafka("ab"), "two"));
        build(mqtt, route(Route.fromKafka("a"), "one"), route(Route.fromKafka("b"), "two"));
        build(
                mqtt,
                route(Route.fromKafka("a"), "one"),
                route(Route.fromKafka("a").group("g"), "two"));
    }

    @Test
    void build_clientIdOfARouteFromMqtt_isRefused() {
        assertRefused(
                "is used by a route from MQTT",
                m -> m.clientId("c"),
                Route.fromMqtt("x").toKafka("k").build(),
                route(Route.fromKafka("a").clientId("c"), "r"));
    }

    @Test
    void build_deadLetterTopicIsReadByTheRoute_isRefused() {
        assertRefused(
                "onFailure.deadLetter: 'a'",
                m -> m.clientId("c"),
                Route.fromKafka("a")
                        .toMqtt("t")
                        .onFailure(f -> f.deadLetter("a"))
                        .build());
    }

    @Test
    void build_deadLetterTopicIsKafkasOwn_isRefused() {
        assertRefused(
                "onFailure.deadLetter: '__consumer_offsets' starts with '__'",
                m -> m.clientId("c"),
                Route.fromKafka("a")
                        .toMqtt("t")
                        .onFailure(f -> f.deadLetter("__consumer_offsets"))
                        .build());
        assertRefused(
                "onFailure.deadLetter: '__consumer_offsets' starts with '__'",
                m -> m.clientId("c"),
                Route.fromMqtt("a")
                        .toKafka("t")
                        .onFailure(f -> f.deadLetter("__consumer_offsets"))
                        .build());
        assertThat(build(
                        m -> m.clientId("c"),
                        Route.fromMqtt("a")
                                .toKafka("t")
                                .allowInternalTopics()
                                .onFailure(f -> f.deadLetter("__dead"))
                                .build()))
                .isNotNull();
    }

    @Test
    void build_templateNeverLegal_isRefused() {
        assertRefused(
                "toMqtt",
                m -> m.clientId("c"),
                Route.fromKafka("a").toMqtt("x/#").build());
        assertRefused(
                "{kye}",
                m -> m.clientId("c"),
                Route.fromKafka("a").toMqtt("{kye}").build());
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    void guarantees_perQos(QoS qos) {
        Route route = Route.fromKafka("a").toMqtt("t").qos(qos).build();

        RouteGuarantee guarantee =
                build(m -> m.clientId("c"), route).guarantees().get(0);

        assertThat(guarantee.guarantee())
                .isEqualTo(
                        switch (qos) {
                            case AT_MOST_ONCE -> Guarantee.AT_MOST_ONCE;
                            case AT_LEAST_ONCE -> Guarantee.AT_LEAST_ONCE;
                            case EXACTLY_ONCE -> Guarantee.EXACTLY_ONCE;
                        });
    }

    private static Route exactly(String topic, String clientId) {
        FromKafka<byte[]> source = Route.fromKafka(topic).group("g-" + topic);
        return (clientId == null ? source : source.clientId(clientId))
                .toMqtt("t")
                .qos(QoS.EXACTLY_ONCE)
                .name(topic)
                .build();
    }

    private static Route effectively(String topic) {
        return Route.fromKafka(topic)
                .toMqtt("t")
                .qos(QoS.EXACTLY_ONCE)
                .effectivelyOnce()
                .name(topic)
                .build();
    }

    @Test
    void build_exactlyOnceWithoutSession_isRefused() {
        assertRefused("mqtt.clientId: is not set", m -> m, exactly("a", null));
        assertRefused("mqtt.cleanStart", m -> m.clientId("c").cleanStart(true), exactly("a", null));
        assertRefused("mqtt.sessionExpiry", m -> m.clientId("c").sessionExpiry(Duration.ZERO), exactly("a", null));
        assertRefused("effectivelyOnce()", m -> m.clientId("c").sessionExpiry(Duration.ZERO), exactly("a", null));
        build(m -> m, exactly("a", "own"));
    }

    @Test
    void build_bothWaysOfQos2OnOneConnection_isRefused() {
        assertRefused(
                "give one of them a clientId of its own", m -> m.clientId("c"), exactly("a", null), effectively("b"));
        build(m -> m.clientId("c"), exactly("a", "own"), effectively("b"));
    }

    @Test
    void guarantees_effectivelyOnce_saysSo() {
        assertThat(build(m -> m.clientId("c"), effectively("a"))
                        .guarantees()
                        .get(0)
                        .guarantee())
                .isEqualTo(Guarantee.EFFECTIVELY_ONCE);
    }

    @Test
    void guarantees_qos2WithoutSession_isTheWeakerOne() {
        Route route = effectively("a");

        assertThat(build(m -> m.clientId("c").sessionExpiry(Duration.ZERO), route)
                        .guarantees()
                        .get(0)
                        .guarantee())
                .isEqualTo(Guarantee.AT_LEAST_ONCE);
        assertThat(build(m -> m.clientId("c").cleanStart(true), route)
                        .guarantees()
                        .get(0)
                        .guarantee())
                .isEqualTo(Guarantee.AT_LEAST_ONCE);
    }
}
