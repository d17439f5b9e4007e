package io.mqttkafka.bridge.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes that feed each other are found when the bridge is built; those that do not are left alone. */
class FeedbackTest {
    private static BridgeBuilder builder(List<Route> routes) {
        BridgeBuilder builder = Bridge.builder()
                .mqtt(m -> m.serverUri("tcp://broker").clientId("edge-1"))
                .kafka(k -> k.bootstrapServers("kafka:9092"));
        routes.forEach(builder::route);
        return builder;
    }

    private static Route in(String filter, String topic) {
        return Route.fromMqtt(filter).toKafka(topic).name("in " + topic).build();
    }

    private static Route out(String topic, String template) {
        return Route.fromKafka(topic).toMqtt(template).name("out " + topic).build();
    }

    @Test
    void circle_namesTheRoutesTheWayAndTheMend() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(
                        () -> builder(List.of(in("a/#", "t"), out("t", "a/x"))).build())
                .withMessage(
                        "route: 'out t' and 'in t' feed each other: a message goes from 't' to 'a/x' and back to 't' for"
                                + " ever; keep filter and templates apart, or set loops.allowFeedback(), with which the"
                                + " bridge stops each message on its way back");
    }

    @ParameterizedTest
    @CsvSource({
        "a/#, t, t, a/x",
        "a/+, t, t, a/{key}",
        "#, t, t, {topic}",
        "a/{k}, t, t, a/{key}",
        "a/{site}/+, t.{site}, t.berlin, a/berlin/{key}",
        "a/{site}, {site}, x, a/{topic}",
        "$share/g/a/#, t, t, a/x",
        "a/b/{k}, t, t, {key}",
        "a/+/c, t, t, {key}",
    })
    void circle_isRefused(String filter, String target, String topic, String template) {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> builder(List.of(in(filter, target), out(topic, template)))
                        .build())
                .withMessageContaining("feed each other");
    }

    @ParameterizedTest
    @CsvSource({
        "a/#, t, t, b/x",
        "a/#, t, u, a/x",
        "a/+, t, t, a/b/{key}",
        "a/{site}, t.{site}, t.berlin, a/{key}",
        "devices/{device}/state/reported, shadow.reported, shadow.desired, devices/{key}/state/desired",
        "devices/1, t, t, devices/{key}",
        "#, t, t, $SYS/x",
        "a/b/{k}, t, t, c/{key}",
    })
    void noPlainCircle_isBuilt(String filter, String target, String topic, String template) {
        assertThat(builder(List.of(in(filter, target), out(topic, template))).build())
                .isNotNull();
    }

    @Test
    void circle_byTheKeyThatTheRouteSets_isRefused() {
        Route in = Route.fromMqtt("a/{x}/{y}")
                .toKafka("t")
                .key("a/{x}/{y}")
                .name("in")
                .build();
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> builder(List.of(in, out("t", "{key}"))).build())
                .withMessageContaining("a message goes from 't' to 'a/x/x' and back to 't'");
    }

    @Test
    void otherKeyThanTheTopic_isBuilt() {
        Route in =
                Route.fromMqtt("a/{x}/{y}").toKafka("t").key("{x}").name("in").build();
        assertThat(builder(List.of(in, out("t", "{key}"))).build()).isNotNull();
    }

    @Test
    void circle_overFourRoutes_isRefused() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> builder(List.of(in("a", "t"), out("t", "b"), in("b", "u"), out("u", "a")))
                        .build())
                .withMessageContaining(
                        "'out t' and 'in u', 'out u' and 'in t' feed each other: a message goes from 't' to"
                                + " 'b' and on from 'u' to 'a' and back to 't'");
    }

    @Test
    void chain_overFourRoutes_isBuilt() {
        assertThat(builder(List.of(in("a", "t"), out("t", "b"), in("b", "u"), out("u", "c")))
                        .build())
                .isNotNull();
    }

    @Test
    void circle_overAPattern_isRefused() {
        Route out = Route.fromKafka(Pattern.compile("t\\..*"))
                .toMqtt("a/{key}")
                .name("out")
                .build();
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(
                        () -> builder(List.of(in("a/{site}", "t.{site}"), out)).build())
                .withMessageContaining("'out' and 'in t.{site}' feed each other");
    }

    @Test
    void topicsThatGrowForEver_areLeftToTheHopLimit() {
        Route out = Route.fromKafka(Pattern.compile(".*"))
                .toMqtt("{topic}")
                .name("out")
                .build();
        assertThat(builder(List.of(in("{t}", "p.{t}"), out)).build()).isNotNull();
    }

    @Test
    void mapper_isLeftToTheGuard() {
        Route out = Route.fromKafka("t").toMqtt(record -> "a/x").name("out").build();
        assertThat(builder(List.of(in("a/#", "t"), out)).build()).isNotNull();
    }

    @Test
    void circle_allowed_isBuilt() {
        assertThat(builder(List.of(in("a/#", "t"), out("t", "a/x")))
                        .loops(l -> l.allowFeedback())
                        .build())
                .isNotNull();
    }
}
