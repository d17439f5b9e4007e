package io.mqttkafka.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BridgeBuilderTest {
    private static final MqttOptions MQTT =
            MqttOptions.builder().serverUri("tcp://broker:1883").build();
    private static final KafkaOptions KAFKA =
            KafkaOptions.builder().bootstrapServers("kafka:9092").build();
    private static final Route ROUTE = Route.fromMqtt("a/#").toKafka("b").build();

    @Test
    void build_coreMissing_saysWhatToAdd() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() ->
                        Bridge.builder().mqtt(MQTT).kafka(KAFKA).route(ROUTE).build())
                .withMessage("the engine is missing: add io.mqttkafka.bridge:bridge-core to the class path");
    }

    static Stream<Arguments> missing() {
        return Stream.of(
                Arguments.of("mqtt", Bridge.builder().kafka(KAFKA).route(ROUTE)),
                Arguments.of("kafka", Bridge.builder().mqtt(MQTT).route(ROUTE)),
                Arguments.of("route", Bridge.builder().mqtt(MQTT).kafka(KAFKA)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("missing")
    void build_somethingMissing_saysHowToSetIt(String option, BridgeBuilder builder) {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(builder::build)
                .withMessageStartingWith(option + ": ")
                .withMessageContaining("; add ." + option + "(");
    }

    static Stream<Arguments> onceOptions() {
        return Stream.of(
                once("mqtt", b -> b.mqtt(MQTT)),
                once("mqtt", b -> b.mqtt(m -> m.serverUri("tcp://broker:1883"))),
                once("kafka", b -> b.kafka(KAFKA)),
                once("kafka", b -> b.kafka(k -> k.bootstrapServers("kafka:9092"))),
                once("startTimeout", b -> b.startTimeout(Duration.ofSeconds(1))),
                once("drainTimeout", b -> b.drainTimeout(Duration.ofSeconds(1))),
                once("stallThreshold", b -> b.stallThreshold(Duration.ofSeconds(1))),
                once("startMode", b -> b.startMode(StartMode.IN_BACKGROUND)),
                once("loops", b -> b.loops(LoopOptions.defaults())),
                once("loops", b -> b.loops(l -> l.hopLimit(3))),
                once("status", b -> b.status("bridges/1")),
                once("status", b -> b.status(s -> s.topic("bridges/1"))));
    }

    private static Arguments once(String option, Consumer<BridgeBuilder> setter) {
        return Arguments.of(option, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("onceOptions")
    void options_setTwice_areRefused(String option, Consumer<BridgeBuilder> setter) {
        BridgeBuilder builder = Bridge.builder();
        setter.accept(builder);
        assertThatIllegalStateException()
                .isThrownBy(() -> setter.accept(builder))
                .withMessageStartingWith(option + ": was set before to ")
                .withMessageContaining(", and now to ")
                .withMessageEndingWith("; set it once");
    }

    @Test
    void options_illegalWithinTheLambda_areRefusedAtOnce() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> Bridge.builder().mqtt(m -> {}))
                .withMessageStartingWith("mqtt.serverUri: ");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> Bridge.builder().kafka(k -> {}))
                .withMessageStartingWith("kafka.bootstrapServers: ");
    }

    interface DurationSetter {
        void set(BridgeBuilder builder, Duration value);
    }

    static Stream<Arguments> ranges() {
        return Stream.of(
                range("startTimeout", Duration.ofMillis(1), BridgeBuilder::startTimeout),
                range("drainTimeout", Duration.ZERO, BridgeBuilder::drainTimeout),
                range("stallThreshold", Duration.ofMillis(1), BridgeBuilder::stallThreshold));
    }

    private static Arguments range(String option, Duration least, DurationSetter setter) {
        return Arguments.of(option, least, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ranges")
    void durations_atAndBeyondTheEnds_areKeptAndRefused(String option, Duration least, DurationSetter setter) {
        Duration most = Duration.ofDays(1);
        setter.set(Bridge.builder(), least);
        setter.set(Bridge.builder(), most);
        for (Duration illegal : List.of(least.minusNanos(1), most.plusNanos(1), Duration.ofDays(-1))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> setter.set(Bridge.builder(), illegal))
                    .withMessage(option + ": " + illegal + " must be from " + least + " to " + most);
        }
        assertThatNullPointerException()
                .isThrownBy(() -> setter.set(Bridge.builder(), null))
                .withMessage(option);
    }

    @Test
    void setters_null_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> Bridge.builder().mqtt((MqttOptions) null));
        assertThatNullPointerException().isThrownBy(() -> Bridge.builder().kafka((KafkaOptions) null));
        assertThatNullPointerException().isThrownBy(() -> Bridge.builder().route(null));
        assertThatNullPointerException().isThrownBy(() -> Bridge.builder().listener(null));
    }

    @Test
    void route_ofAnotherImplementation_isRefused() {
        Route foreign = () -> "foreign";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Bridge.builder().route(foreign))
                .withMessageEndingWith(" is not a route of this library; make one with Route.fromMqtt(..) or"
                        + " Route.fromKafka(..)");
        assertThatIllegalArgumentException().isThrownBy(() -> config(MQTT, KAFKA, List.of(foreign), List.of()));
    }

    @Test
    void config_listsChangedLater_haveNoEffect() {
        List<Route> routes = new ArrayList<>(List.of(ROUTE));
        List<BridgeListener> listeners = new ArrayList<>();
        BridgeConfig config = config(MQTT, KAFKA, routes, listeners);
        routes.clear();
        listeners.add(new BridgeListener() {});
        assertThat(config.routes()).containsExactly(ROUTE).isUnmodifiable();
        assertThat(config.listeners()).isEmpty();
        assertThat(config.listeners()).isUnmodifiable();
    }

    @Test
    void config_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> config(null, KAFKA, List.of(), List.of()));
        assertThatNullPointerException().isThrownBy(() -> config(MQTT, null, List.of(), List.of()));
        assertThatNullPointerException().isThrownBy(() -> config(MQTT, KAFKA, null, List.of()));
        assertThatNullPointerException().isThrownBy(() -> config(MQTT, KAFKA, List.of(), null));
    }

    private static BridgeConfig config(
            MqttOptions mqtt, KafkaOptions kafka, List<Route> routes, List<BridgeListener> listeners) {
        Duration second = Duration.ofSeconds(1);
        return new BridgeConfig(
                mqtt,
                kafka,
                routes,
                listeners,
                new Life(second, StartMode.UNTIL_TIMEOUT, second, second),
                LoopOptions.defaults(),
                null);
    }
}
