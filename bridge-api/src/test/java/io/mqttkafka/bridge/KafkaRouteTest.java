package io.mqttkafka.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Consumed;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Filter;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Mapping;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.MqttTopic;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Retention;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.UserProperties;
import io.mqttkafka.bridge.spi.LastAction;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaRouteTest {
    private static KafkaToMqttRoute build(ToMqtt<?> target) {
        return (KafkaToMqttRoute) target.build();
    }

    @Test
    void build_onlySourceAndTarget_hasTheDocumentedDefaults() {
        KafkaToMqttRoute route = build(Route.fromKafka("a", "b").toMqtt("devices/{key}/cmd"));

        assertThat(route.name()).isEqualTo("a,b -> devices/{key}/cmd");
        assertThat(route.source().topics()).containsExactly("a", "b");
        assertThat(route.source().pattern()).isNull();
        assertThat(route.source().group()).isNull();
        assertThat(route.source().clientId()).isNull();
        assertThat(route.source().decoder()).isNull();
        assertThat(route.source().encoder()).isNull();
        assertThat(route.target())
                .isEqualTo(new KafkaToMqttRoute.Target(
                        new MqttTopic("devices/{key}/cmd", null),
                        QoS.AT_LEAST_ONCE,
                        false,
                        new Retention(false, null, false),
                        new UserProperties(true, false, BinaryHeaders.FAIL),
                        NoSubscribers.await()));
        assertThat(route.failurePolicy()).isEqualTo(FailurePolicy.stop());
    }

    @Test
    void build_everythingSet_arrives() {
        PayloadCodec<String> utf8 = PayloadCodec.utf8();
        MqttTopicMapper<String> mapper = consumed -> "devices/" + consumed.value();
        KafkaToMqttRoute route = build(Route.fromKafka(Pattern.compile("commands\\..*"))
                .group("g")
                .clientId("c")
                .decode(utf8)
                .filter(value -> !value.isEmpty())
                .map(String::length, new LengthCodec())
                .map(length -> "x".repeat(length), utf8)
                .toMqtt(mapper)
                .name("n")
                .qos(QoS.EXACTLY_ONCE)
                .effectivelyOnce()
                .retain(true)
                .retainHeader("x-retain")
                .userProperties(false)
                .metadataProperties()
                .binaryHeaders(BinaryHeaders.BASE64)
                .noSubscribers(NoSubscribers.fail())
                .onFailure(FailurePolicy.Builder::skip));

        assertThat(route.name()).isEqualTo("n");
        assertThat(route.source().topics()).isEmpty();
        assertThat(route.source().pattern()).hasToString("commands\\..*");
        assertThat(route.source().group()).isEqualTo("g");
        assertThat(route.source().clientId()).isEqualTo("c");
        assertThat(route.source().decoder()).isSameAs(utf8);
        assertThat(route.source().encoder()).isSameAs(utf8);
        assertThat(route.source().steps()).hasSize(3);
        assertThat(route.source().steps().get(0)).isInstanceOf(Filter.class);
        assertThat(route.source().steps().get(1)).isInstanceOf(Mapping.class);
        assertThat(route.target())
                .isEqualTo(new KafkaToMqttRoute.Target(
                        new MqttTopic(null, mapper),
                        QoS.EXACTLY_ONCE,
                        true,
                        new Retention(true, "x-retain", false),
                        new UserProperties(false, true, BinaryHeaders.BASE64),
                        NoSubscribers.fail()));
        assertThat(route.failurePolicy().lastAction()).isInstanceOf(LastAction.Skip.class);
    }

    @Test
    void retainHeader_blankOrTwice_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.fromKafka("a").toMqtt("t").retainHeader(" "))
                .withMessage("retainHeader: ' ' is blank; name a header");
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> Route.fromKafka("a").toMqtt("t").retainHeader("x").retainHeader("y"));
        Route.fromKafka("a").toMqtt("t").retainHeader("x").clearOnTombstone().build();
    }

    @Test
    void clearOnTombstone_withNothingToClear_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(Route.fromKafka("a").toMqtt("t").clearOnTombstone()::build)
                .withMessageContaining("retain(true)");
        assertThatIllegalArgumentException()
                .isThrownBy(Route.fromKafka("a").toMqtt(c -> "t").retain(true).clearOnTombstone()::build)
                .withMessageContaining("template");
    }

    @Test
    void noSubscribers_atQos0_cannotBeKnown() {
        ToMqtt<byte[]> target = Route.fromKafka("a").toMqtt("t").qos(QoS.AT_MOST_ONCE);
        assertThat(build(target).target().noSubscribers()).isEqualTo(NoSubscribers.accept());
        target.noSubscribers(NoSubscribers.await());
        assertThatIllegalArgumentException()
                .isThrownBy(target::build)
                .withMessageStartingWith("noSubscribers: Await")
                .withMessageContaining("QoS 1 or 2");
        assertThatIllegalStateException().isThrownBy(() -> target.noSubscribers(NoSubscribers.fail()));
    }

    @Test
    void stages_areNotChangedByWhatFollows() {
        FromKafka<byte[]> source = Route.fromKafka("a");
        build(source.group("g").toMqtt("t"));
        assertThat(build(source.toMqtt("t")).source().group()).isNull();
    }

    static Stream<Arguments> onceOptions() {
        return Stream.of(
                once("group", r -> r.group("g").group("h")),
                once("clientId", r -> r.clientId("c").clientId("d")),
                once("encode", r -> r.encode(PayloadCodec.bytes()).encode(PayloadCodec.bytes())),
                once("name", r -> r.toMqtt("t").name("a").name("b")),
                once("qos", r -> r.toMqtt("t").qos(QoS.AT_MOST_ONCE).qos(QoS.AT_LEAST_ONCE)),
                once("effectivelyOnce", r -> r.toMqtt("t").effectivelyOnce().effectivelyOnce()),
                once("retain", r -> r.toMqtt("t").retain(false).retain(true)),
                once("retainHeader", r -> r.toMqtt("t").retainHeader("a").retainHeader("b")),
                once("clearOnTombstone", r -> r.toMqtt("t").clearOnTombstone().clearOnTombstone()),
                once("userProperties", r -> r.toMqtt("t").userProperties(true).userProperties(false)),
                once(
                        "metadataProperties",
                        r -> r.toMqtt("t").metadataProperties().metadataProperties()),
                once(
                        "binaryHeaders",
                        r -> r.toMqtt("t").binaryHeaders(BinaryHeaders.FAIL).binaryHeaders(BinaryHeaders.BASE64)),
                once(
                        "noSubscribers",
                        r -> r.toMqtt("t").noSubscribers(NoSubscribers.fail()).noSubscribers(NoSubscribers.accept())),
                once("onFailure", r -> r.toMqtt("t").onFailure(f -> f.skip()).onFailure(FailurePolicy.stop())));
    }

    private static Arguments once(String option, Consumer<FromKafka<byte[]>> setter) {
        return Arguments.of(option, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("onceOptions")
    void option_setTwice_isRefusedNamingBoth(String option, Consumer<FromKafka<byte[]>> twice) {
        assertThatIllegalStateException()
                .isThrownBy(() -> twice.accept(Route.fromKafka("a")))
                .withMessageStartingWith(option + ": was set before to ")
                .withMessageContaining(", and now to ")
                .withMessageEndingWith("; set it once");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a b", "ä"})
    void fromKafka_illegalTopic_isRefused(String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.fromKafka(topic))
                .withMessageStartingWith("fromKafka: '" + topic + "'");
    }

    @Test
    void fromKafka_noneOrTwice_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(Route::fromKafka).withMessageContaining("topics or a pattern");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Route.fromKafka("a", "a"))
                .withMessageContaining("twice");
        assertThatNullPointerException().isThrownBy(() -> Route.fromKafka((Pattern) null));
    }

    @Test
    void options_illegal_areRefused() {
        FromKafka<byte[]> source = Route.fromKafka("a");
        assertThatIllegalArgumentException().isThrownBy(() -> source.group(" ")).withMessageStartingWith("group:");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source.clientId(""))
                .withMessageStartingWith("clientId:");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source.toMqtt("t").name(" "))
                .withMessageStartingWith("name:");
        assertThatIllegalStateException()
                .isThrownBy(() -> source.filter(value -> true).decode(PayloadCodec.utf8()))
                .withMessageStartingWith("decode:");
        assertThatIllegalStateException()
                .isThrownBy(() -> source.toMqtt("t").qos(QoS.AT_MOST_ONCE).qos(QoS.AT_MOST_ONCE))
                .withMessageStartingWith("qos:");
    }

    @Test
    void kafkaMessage_headersAndOrigin() {
        Header first = new Header("h", new byte[] {1});
        Header second = new Header("h", new byte[] {2});
        KafkaMessage message = new KafkaMessage("t", 3, 17, 5, null, null, List.of(first, second));

        assertThat(message.lastHeader("h")).isSameAs(second);
        assertThat(message.lastHeader("other")).isNull();
        assertThat(message.origin()).isEqualTo("t-3@17");
        assertThat(message).hasToString("KafkaMessage[t-3@17, tombstone]");
        assertThat(Consumed.of(message, "secret"))
                .hasToString("Consumed[KafkaMessage[t-3@17, tombstone]]")
                .extracting(Consumed::value)
                .isEqualTo("secret");
    }

    /** Writes lengths as one byte. */
    private static final class LengthCodec implements PayloadCodec<Integer> {
        @Override
        public Integer decode(byte[] payload, CodecContext context) {
            return (int) payload[0];
        }

        @Override
        public byte[] encode(Integer value, CodecContext context) {
            return new byte[] {value.byteValue()};
        }
    }
}
