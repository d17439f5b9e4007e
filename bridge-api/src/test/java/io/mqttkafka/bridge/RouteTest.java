package io.mqttkafka.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Filter;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.HeaderTemplate;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.KafkaTopics;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Mapping;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.RecordHeaders;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.RecordKey;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Source;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Step;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
    private static final PayloadCodec<String> CODEC = PayloadCodec.utf8();

    private static FromMqtt<byte[]> source() {
        return Route.fromMqtt("sensors/{site}/#");
    }

    private static ToKafka<byte[]> target() {
        return source().toKafka("telemetry.{site}");
    }

    private static MqttToKafkaRoute built(ToKafka<?> target) {
        return (MqttToKafkaRoute) target.build();
    }

    private static Source sourceOf(FromMqtt<?> source) {
        return built(source.toKafka("t")).source();
    }

    @Test
    void build_nothingSet_hasTheDocumentedDefaults() {
        assertThat(target().build())
                .isEqualTo(new MqttToKafkaRoute(
                        "sensors/{site}/# -> telemetry.{site}",
                        new Source("sensors/{site}/#", QoS.AT_LEAST_ONCE, false, null, null, List.of(), null),
                        new Target(
                                new KafkaTopics("telemetry.{site}", null, 100, false),
                                new RecordKey("{topic}", null),
                                new RecordHeaders(List.of(), true, false),
                                Partitioner.byKey(),
                                false),
                        FailurePolicy.stop()));
    }

    @Test
    void build_everythingSet_arrives() {
        Partitioner partitioner = Partitioner.single(3);
        MqttToKafkaRoute route = built(source().qos(QoS.EXACTLY_ONCE)
                .clientId("edge-2")
                .decode(CODEC)
                .encode(CODEC)
                .toKafka("telemetry.{site}")
                .name("telemetry")
                .key("{site}")
                .header("a", "1")
                .header("a", "{topic}")
                .userProperties(false)
                .metadataHeaders()
                .partitioner(partitioner)
                .onFailure(f -> f.skip())
                .maxTopics(7)
                .clearedAsTombstone()
                .allowInternalTopics());
        assertThat(route)
                .isEqualTo(new MqttToKafkaRoute(
                        "telemetry",
                        new Source(
                                "sensors/{site}/#",
                                QoS.EXACTLY_ONCE,
                                false,
                                "edge-2",
                                route.source().decoder(),
                                List.of(),
                                CODEC),
                        new Target(
                                new KafkaTopics("telemetry.{site}", null, 7, true),
                                new RecordKey("{site}", null),
                                new RecordHeaders(
                                        List.of(new HeaderTemplate("a", "1"), new HeaderTemplate("a", "{topic}")),
                                        false,
                                        true),
                                partitioner,
                                true),
                        FailurePolicy.builder().skip().build()));
        assertThat(route.source().decoder()).isSameAs(CODEC);
        assertThat(route.name()).isEqualTo("telemetry");
    }

    @Test
    void clearedAsTombstone_withoutTemplates_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(Route.fromMqtt("a").toKafka(received -> "t").clearedAsTombstone()::build)
                .withMessage(
                        "clearedAsTombstone: needs templates of topic and key, since an empty message has no value to map,"
                                + " and a record without a value says by its key what it clears");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        Route.fromMqtt("a").toKafka("t").key(received -> null).clearedAsTombstone()::build);
    }

    @Test
    void build_mappers_arrive() {
        TopicMapper<byte[]> mapper = received -> "t";
        Function<Received<byte[]>, byte[]> key = received -> null;
        MqttToKafkaRoute route = built(source().toKafka(mapper).key(key));
        assertThat(route.name()).isEqualTo("sensors/{site}/# -> mapper");
        assertThat(route.target().topics().template()).isNull();
        assertThat(route.target().topics().mapper()).isSameAs(mapper);
        assertThat(route.target().key().template()).isNull();
        assertThat(route.target().key().mapper()).isSameAs(key);
    }

    @Test
    void source_everyMethod_leavesTheStageAsItWas() {
        FromMqtt<byte[]> source = source();
        source.qos(QoS.EXACTLY_ONCE);
        source.clientId("other");
        source.decode(CODEC);
        source.encode(PayloadCodec.bytes());
        source.filter(value -> false);
        source.map(value -> "", CODEC);
        assertThat(sourceOf(source)).isEqualTo(sourceOf(source()));

        FromMqtt<byte[]> filtered = source.filter(value -> true);
        filtered.filter(value -> false);
        assertThat(sourceOf(filtered).steps()).hasSize(1);
    }

    @Test
    void source_everyMethod_keepsWhatWasSetBefore() {
        Source source = sourceOf(source().decode(CODEC)
                .filter(text -> true)
                .map(String::length, new IntCodec())
                .filter((value, message) -> true)
                .qos(QoS.EXACTLY_ONCE)
                .clientId("edge-3"));
        assertThat(source.filter()).isEqualTo("sensors/{site}/#");
        assertThat(source.qos()).isEqualTo(QoS.EXACTLY_ONCE);
        assertThat(source.clientId()).isEqualTo("edge-3");
        assertThat(source.decoder()).isSameAs(CODEC);
        assertThat(source.encoder()).isInstanceOf(IntCodec.class);
        assertThat(source.steps())
                .extracting(step -> (Object) step.getClass())
                .containsExactly(Filter.class, Mapping.class, Filter.class);
    }

    @Test
    void encode_afterMap_replacesItsCodec() {
        PayloadCodec<Integer> other = new IntCodec();
        assertThat(sourceOf(source().map(value -> value.length, new IntCodec()).encode(other))
                        .encoder())
                .isSameAs(other);
    }

    static Stream<FromMqtt<?>> stagesThatCannotDecode() {
        return Stream.of(
                source().decode(CODEC),
                source().filter(value -> true),
                source().filter((value, message) -> true),
                source().map(value -> "", CODEC),
                source().encode(PayloadCodec.bytes()));
    }

    @ParameterizedTest
    @MethodSource("stagesThatCannotDecode")
    void decode_notFirst_isRefused(FromMqtt<?> stage) {
        assertThatIllegalStateException()
                .isThrownBy(() -> stage.decode(CODEC))
                .withMessage("decode: comes first and once, before filter, map and encode");
    }

    @Test
    @SuppressWarnings("unchecked")
    void filter_ofTheValueOnly_isAskedForTheValue() {
        Filter filter = (Filter)
                sourceOf(source().decode(CODEC).filter("a"::equals)).steps().get(0);
        var keep = (BiPredicate<Object, Object>) filter.keep();
        assertThat(keep.test("a", MqttMessage.of("t", new byte[0]))).isTrue();
        assertThat(keep.test("b", MqttMessage.of("t", new byte[0]))).isFalse();
    }

    static Stream<String> illegalClientIds() {
        return Stream.of("", " ", "a\0b", "a".repeat(65_536), "\u20ac".repeat(21_846));
    }

    @ParameterizedTest
    @MethodSource("illegalClientIds")
    void clientId_illegal_isRefused(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> source().clientId(id))
                .withMessageStartingWith("clientId: ")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void clientId_longest_isKept() {
        assertThat(sourceOf(source().clientId("a".repeat(65_535))).clientId()).hasSize(65_535);
    }

    static Stream<Arguments> onceOptions() {
        return Stream.of(
                once("name", t -> t.name("a")),
                once("key", t -> t.key("{topic}")),
                once("key", t -> t.key(received -> null)),
                once("userProperties", t -> t.userProperties(true)),
                once("partitioner", t -> t.partitioner(Partitioner.byKey())),
                once("onFailure", t -> t.onFailure(f -> f.skip())),
                once("onFailure", t -> t.onFailure(FailurePolicy.stop())),
                once("maxTopics", t -> t.maxTopics(1)),
                once("metadataHeaders", ToKafka::metadataHeaders),
                once("allowInternalTopics", ToKafka::allowInternalTopics),
                once("clearedAsTombstone", ToKafka::clearedAsTombstone));
    }

    private static Arguments once(String option, Consumer<ToKafka<byte[]>> setter) {
        return Arguments.of(option, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("onceOptions")
    void target_optionSetTwice_isRefused(String option, Consumer<ToKafka<byte[]>> setter) {
        ToKafka<byte[]> target = target();
        setter.accept(target);
        assertThatIllegalStateException()
                .isThrownBy(() -> setter.accept(target))
                .withMessageStartingWith(option + ": was set before");
    }

    static Stream<Arguments> sourceOptions() {
        return Stream.of(
                source("qos", s -> s.qos(QoS.EXACTLY_ONCE)),
                source("effectivelyOnce", FromMqtt::effectivelyOnce),
                source("clientId", s -> s.clientId("a")),
                source("encode", s -> s.encode(PayloadCodec.bytes())));
    }

    private static Arguments source(String option, UnaryOperator<FromMqtt<byte[]>> setter) {
        return Arguments.of(option, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sourceOptions")
    void source_optionSetTwice_isRefusedAndTheStageBeforeIsNotChanged(
            String option, UnaryOperator<FromMqtt<byte[]>> setter) {
        FromMqtt<byte[]> set = setter.apply(source());
        assertThatIllegalStateException()
                .isThrownBy(() -> setter.apply(set))
                .withMessageStartingWith(option + ": was set before to ")
                .withMessageContaining(", and now to ");
        FromMqtt<byte[]> unset = source();
        setter.apply(unset);
        setter.apply(unset.filter(value -> true));
    }

    @Test
    void key_templateAndMapper_isRefused() {
        assertThatIllegalStateException().isThrownBy(() -> target().key("a").key(received -> null));
        assertThatIllegalStateException()
                .isThrownBy(() -> target().key(received -> null).key("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t"})
    void name_blank_isRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> target().name(name))
                .withMessageStartingWith("name: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000})
    void maxTopics_atTheEndsOfTheRange_isKept(int limit) {
        assertThat(built(target().maxTopics(limit)).target().topics().most()).isEqualTo(limit);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 100_001})
    void maxTopics_outOfRange_isRefused(int limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> target().maxTopics(limit))
                .withMessage("maxTopics: " + limit + " must be from 1 to 100000 topics");
        assertThatIllegalArgumentException().isThrownBy(() -> new KafkaTopics("t", null, limit, false));
    }

    @Test
    void build_targetChangedLater_routeStaysAsItWas() {
        ToKafka<byte[]> target = target().header("a", "1");
        Route route = target.build();
        target.header("b", "2").metadataHeaders();
        assertThat(route).isEqualTo(target().header("a", "1").build());
    }

    @Test
    void records_listsChangedLater_haveNoEffect() {
        List<Step> steps = new ArrayList<>();
        List<HeaderTemplate> headers = new ArrayList<>();
        Source source = new Source("a", QoS.AT_MOST_ONCE, false, null, null, steps, null);
        RecordHeaders copied = new RecordHeaders(headers, true, false);
        steps.add(new Mapping(value -> value));
        headers.add(new HeaderTemplate("a", "b"));
        assertThat(source.steps()).isEmpty();
        assertThat(source.steps()).isUnmodifiable();
        assertThat(copied.templates()).isEmpty();
        assertThat(copied.templates()).isUnmodifiable();
    }

    @Test
    void target_notOneWayToTheTopicOrTwoToTheKey_isRefused() {
        TopicMapper<byte[]> mapper = received -> "t";
        Function<Object, byte[]> key = received -> null;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KafkaTopics(null, null, 1, false))
                .withMessageStartingWith("toKafka: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KafkaTopics("t", mapper, 1, false))
                .withMessageStartingWith("toKafka: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RecordKey("k", key))
                .withMessageStartingWith("key: ");
    }

    static Stream<Runnable> nulls() {
        return Stream.of(
                () -> Route.fromMqtt(null),
                () -> source().qos(null),
                () -> source().clientId(null),
                () -> source().decode(null),
                () -> source().encode(null),
                () -> source().filter((Predicate<byte[]>) null),
                () -> source().filter((BiPredicate<byte[], MqttMessage>) null),
                () -> source().map(null, CODEC),
                () -> source().map(value -> "", null),
                () -> source().toKafka((String) null),
                () -> source().toKafka((TopicMapper<byte[]>) null),
                () -> target().name(null),
                () -> target().key((String) null),
                () -> target().key((Function<Received<byte[]>, byte[]>) null),
                () -> target().header(null, "a"),
                () -> target().header("a", null),
                () -> target().partitioner(null),
                () -> target().onFailure((FailurePolicy) null),
                () -> new Filter(null),
                () -> new Mapping(null),
                () -> new Source(null, QoS.AT_MOST_ONCE, false, null, null, List.of(), null),
                () -> new Source("a", null, false, null, null, List.of(), null),
                () -> new Target(
                        new KafkaTopics("t", null, 1, false),
                        new RecordKey(null, null),
                        new RecordHeaders(List.of(), true, false),
                        null,
                        false),
                () -> new MqttToKafkaRoute(
                        null, sourceOf(source()), built(target()).target(), FailurePolicy.stop()),
                () -> new MqttToKafkaRoute("a", null, built(target()).target(), FailurePolicy.stop()),
                () -> new MqttToKafkaRoute("a", sourceOf(source()), null, FailurePolicy.stop()),
                () -> new MqttToKafkaRoute(
                        "a", sourceOf(source()), built(target()).target(), null));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void anyMethod_null_isRefused(Runnable call) {
        assertThatNullPointerException().isThrownBy(call::run);
    }

    private static final class IntCodec implements PayloadCodec<Integer> {
        @Override
        public Integer decode(byte[] payload, CodecContext context) {
            return Integer.valueOf(new String(payload, UTF_8));
        }

        @Override
        public byte[] encode(Integer value, CodecContext context) {
            return value.toString().getBytes(UTF_8);
        }
    }
}
