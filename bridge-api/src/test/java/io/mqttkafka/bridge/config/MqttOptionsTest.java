package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.failure.Backoff;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MqttOptionsTest {
    private static MqttOptions.Builder builder() {
        return MqttOptions.builder().serverUri("tcp://broker:1883");
    }

    private static MqttOptions built(Consumer<MqttOptions.Builder> options) {
        MqttOptions.Builder builder = builder();
        options.accept(builder);
        return builder.build();
    }

    @Test
    void build_onlyServer_hasTheDocumentedDefaults() {
        assertThat(builder().build())
                .hasToString("MqttOptions[serverUris=[tcp://broker:1883], clientId=null, username=null, password=null,"
                        + " cleanStart=false, sessionExpiry=PT168H, keepAlive=PT30S, connectTimeout=PT10S,"
                        + " receiveMaximum=4096, sendMaximum=4096, maximumPacketSize=derived, maxInFlightBytes=derived,"
                        + " maxUserProperties=64, maxUserPropertyBytes=16384, qos0Overflow=SHED, unrouted=STOP,"
                        + " unsubscribe=[], reconnect="
                        + Backoff.exponential(Duration.ofMillis(200), Duration.ofSeconds(30))
                        + ", tls=null, serverUriSource=null, version=V5]");
    }

    @Test
    void build_everythingSet_arrives() {
        Backoff backoff = Backoff.fixed(Duration.ofSeconds(1));
        MqttOptions options = MqttOptions.builder()
                .serverUri("ssl://one:8883")
                .serverUri("wss://two/mqtt")
                .clientId("edge-1")
                .credentials("user", "password")
                .cleanStart(true)
                .sessionExpiry(Duration.ZERO)
                .keepAlive(Duration.ofSeconds(5))
                .connectTimeout(Duration.ofSeconds(6))
                .receiveMaximum(7)
                .sendMaximum(9)
                .maximumPacketSize(2048)
                .maxInFlightBytes(4096)
                .maxUserProperties(10)
                .maxUserPropertyBytes(11)
                .qos0Overflow(Qos0Overflow.PAUSE)
                .unrouted(Unrouted.ACKNOWLEDGE)
                .unsubscribe("a/+")
                .unsubscribe("b/#")
                .reconnect(backoff)
                .tls(tls -> {})
                .version(MqttVersion.AUTO)
                .build();
        assertThat(options)
                .returns(List.of(URI.create("ssl://one:8883"), URI.create("wss://two/mqtt")), MqttOptions::serverUris)
                .returns("edge-1", MqttOptions::clientId)
                .returns("user", MqttOptions::username)
                .returns(new Secret("password"), MqttOptions::password)
                .returns(true, MqttOptions::cleanStart)
                .returns(Duration.ZERO, MqttOptions::sessionExpiry)
                .returns(Duration.ofSeconds(5), MqttOptions::keepAlive)
                .returns(Duration.ofSeconds(6), MqttOptions::connectTimeout)
                .returns(7, MqttOptions::receiveMaximum)
                .returns(9, MqttOptions::sendMaximum)
                .returns(2048, MqttOptions::maximumPacketSize)
                .returns(4096L, MqttOptions::maxInFlightBytes)
                .returns(10, MqttOptions::maxUserProperties)
                .returns(11, MqttOptions::maxUserPropertyBytes)
                .returns(Qos0Overflow.PAUSE, MqttOptions::qos0Overflow)
                .returns(Unrouted.ACKNOWLEDGE, MqttOptions::unrouted)
                .returns(List.of("a/+", "b/#"), MqttOptions::unsubscribe)
                .returns(backoff, MqttOptions::reconnect)
                .returns(TlsOptions.defaults(), MqttOptions::tls)
                .returns(null, MqttOptions::serverUriSource)
                .returns(MqttVersion.AUTO, MqttOptions::version);
        assertThat(options.toBuilder().build()).isEqualTo(options);
    }

    @Test
    void toBuilder_oneOptionChanged_keepsTheOthers() {
        MqttOptions options = built(m -> m.clientId("a").unsubscribe("x").maxUserProperties(3));

        MqttOptions changed = options.toBuilder().cleanStart(true).build();

        assertThat(changed.cleanStart()).isTrue();
        assertThat(changed.toBuilder().cleanStart(false).build()).isEqualTo(options);
    }

    @Test
    void limits_derivedAgain_areAsBefore() {
        MqttOptions set = built(m -> m.maximumPacketSize(2048).maxInFlightBytes(4096));
        assertThat(set.toBuilder()
                        .maximumPacketSize(MqttOptions.DERIVED)
                        .maxInFlightBytes(MqttOptions.DERIVED)
                        .build())
                .isEqualTo(built(m -> {}));
        assertThat(built(m -> {}).toString()).contains("maximumPacketSize=derived", "maxInFlightBytes=derived");
    }

    @Test
    void credentials_withAPasswordFromElsewhere_keepIt() {
        Supplier<String> token = () -> "token";
        Secret asked = built(m -> m.password(token).credentials("a", null)).password();
        assertThat(asked).isNotNull();
        assertThat(asked.reveal()).isEqualTo("token");
        assertThat(built(m -> m.credentials("a", "b")).toBuilder()
                        .credentials("c", null)
                        .build()
                        .password())
                .isNull();
    }

    @Test
    void build_laterChangesOfTheBuilder_doNotReachTheOptions() {
        MqttOptions.Builder builder = builder().unsubscribe("a");
        MqttOptions options = builder.build();
        builder.serverUri("tcp://other:1883").unsubscribe("b");
        assertThat(options.serverUris()).hasSize(1);
        assertThat(options.unsubscribe()).containsExactly("a");
        assertThat(options.serverUris()).isUnmodifiable();
        assertThat(options.unsubscribe()).isUnmodifiable();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp://broker",
                "tcp://broker:1883",
                "TCP://broker:65535",
                "tcp://127.0.0.1:1",
                "tcp://[::1]:1883",
                "ssl://broker.example.com:8883",
                "ws://broker",
                "ws://broker/mqtt",
                "ws://broker:8080/mqtt?token=1",
                "wss://broker:443/mqtt",
                "tcp://mqtt_broker:1883",
                "ssl://broker.example.com.:8883",
                "mqtt://broker:1883",
                "mqtts://broker"
            })
    void serverUri_legal_isKept(String uri) {
        assertThat(MqttOptions.builder().serverUri(uri).build().serverUris()).containsExactly(URI.create(uri));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "broker",
                "broker:1883",
                "//broker:1883",
                "amqp://broker:1883",
                "http://broker",
                "tcp:broker:1883",
                "tcp://",
                "tcp://:1883",
                "tcp:///path",
                "tcp://broker:0",
                "tcp://broker:65536",
                "tcp://broker:99999999999",
                "tcp://broker:abc",
                "tcp://bro ker:1883",
                "tcp://a..b:1883",
                "tcp://.:1883",
                "tcp://a$b:1883",
                "tcp://broker:-1",
                "tcp://broker:+1",
                "tcp://broker:1883/",
                "ssl://broker:8883/path",
                "tcp://broker:1883?a=b",
                "tcp://broker:1883#a",
                "ws://broker/mqtt#a"
            })
    void serverUri_illegal_isRefusedWithTheMend(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttOptions.builder().serverUri(uri))
                .withMessageStartingWith("mqtt.serverUri: ")
                .withMessageContaining("use tcp://host:1883, ssl://host:8883, ws://host/path or wss://host/path");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp://user:canary@broker:1883",
                "tcp://canary@broker:1883",
                "tcp://user:canary@broker:1883/path",
                "tcp://user:ca nary canary@broker:1883",
                "tcp://user:canary%@broker",
                "tcp://user:canary@",
                "user:canary@broker",
                "mqtt://user:canary@broker:1883",
                "tcp:user:canary@broker"
            })
    void serverUri_userInfo_isRefusedWithoutRepeatingIt(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttOptions.builder().serverUri(uri))
                .withMessageStartingWith("mqtt.serverUri: ")
                .withMessageNotContaining("canary")
                .withNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://broker/mqtt?X-Amz-Signature=canary",
                "wss:///mqtt?X-Amz-Signature=canary",
                "ws://broker/mqtt?X-Amz-Signature=canary#a",
                "ws://broker/mqtt?X-Amz-Signature=canary canary"
            })
    void serverUri_illegalWithSignature_isRefusedWithoutRepeatingIt(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttOptions.builder().serverUri(uri))
                .withMessageNotContaining("canary");
    }

    @Test
    void serverUri_veryLong_isShortenedInTheMessage() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttOptions.builder().serverUri("http://" + "a".repeat(10_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "edge-1", "\u00e4 \u20ac", "urn:dev:1"})
    void clientId_legal_isKept(String id) {
        assertThat(built(m -> m.clientId(id)).clientId()).isEqualTo(id);
    }

    static Stream<String> illegalClientIds() {
        return Stream.of("", " ", "\t\n", "a\0b", "a".repeat(65_536), "\u20ac".repeat(21_846));
    }

    @ParameterizedTest
    @MethodSource("illegalClientIds")
    void clientId_illegal_isRefused(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().clientId(id))
                .withMessageStartingWith("mqtt.clientId: ")
                .withMessageContaining("65535 bytes")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    static Stream<String> longestClientIds() {
        return Stream.of("a".repeat(65_535), "\u20ac".repeat(21_845));
    }

    @ParameterizedTest
    @MethodSource("longestClientIds")
    void clientId_longest_isKept(String id) {
        assertThat(built(m -> m.clientId(id)).clientId()).isEqualTo(id);
    }

    @Test
    void credentials_tooLongOrNul_areRefusedWithoutRepeatingThePassword() {
        String tooLong = "a".repeat(65_536);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().credentials(tooLong, null))
                .withMessageStartingWith("mqtt.credentials: ");
        assertThatIllegalArgumentException().isThrownBy(() -> builder().credentials("a\0", null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().credentials("user", "canary" + tooLong))
                .withMessageStartingWith("mqtt.credentials: ")
                .withMessageNotContaining("canary");
        assertThat(built(m -> m.credentials("", "")).username()).isEmpty();
    }

    static Stream<Arguments> ranges() {
        return Stream.of(
                range("mqtt.sessionExpiry", 0, 4_294_967_295L, (m, n) -> m.sessionExpiry(Duration.ofSeconds(n))),
                range("mqtt.keepAlive", 2, 65_535, (m, n) -> m.keepAlive(Duration.ofSeconds(n))),
                range("mqtt.connectTimeout", 1, 600, (m, n) -> m.connectTimeout(Duration.ofSeconds(n))),
                range("mqtt.receiveMaximum", 1, 65_535, (m, n) -> m.receiveMaximum((int) n)),
                range("mqtt.sendMaximum", 1, 65_535, (m, n) -> m.sendMaximum((int) n)),
                range("mqtt.maximumPacketSize", 1024, 268_435_455, (m, n) -> m.maximumPacketSize((int) n)
                        .maxInFlightBytes(1L << 40)),
                range("mqtt.maxInFlightBytes", 1024, 1L << 40, (m, n) -> m.maximumPacketSize(1024)
                        .maxInFlightBytes(n)),
                range("mqtt.maxUserProperties", 0, 1_000_000, (m, n) -> m.maxUserProperties((int) n)),
                range("mqtt.maxUserPropertyBytes", 0, 268_435_455, (m, n) -> m.maxUserPropertyBytes((int) n)));
    }

    interface Setter {
        void set(MqttOptions.Builder builder, long value);
    }

    private static Arguments range(String option, long least, long most, Setter setter) {
        return Arguments.of(option, least, most, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ranges")
    void ranges_atAndBeyondTheEnds_areKeptAndRefused(String option, long least, long most, Setter setter) {
        for (long legal : new long[] {least, most}) {
            assertThat(built(m -> setter.set(m, legal))).isNotNull();
        }
        for (long illegal : new long[] {least - 1, most + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> setter.set(builder(), illegal))
                    .withMessageStartingWith(option + ": ")
                    .withMessageContaining("must be from ");
        }
    }

    static Stream<Arguments> durations() {
        return Stream.of(
                Arguments.of("mqtt.sessionExpiry", (DurationSetter) MqttOptions.Builder::sessionExpiry),
                Arguments.of("mqtt.keepAlive", (DurationSetter) MqttOptions.Builder::keepAlive),
                Arguments.of("mqtt.connectTimeout", (DurationSetter) MqttOptions.Builder::connectTimeout));
    }

    interface DurationSetter {
        void set(MqttOptions.Builder builder, Duration value);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("durations")
    void durations_notWholeSecondsNegativeOrNull_areRefused(String option, DurationSetter setter) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setter.set(builder(), Duration.ofMillis(2500)))
                .withMessage(option + ": PT2.5S must be whole seconds");
        assertThatIllegalArgumentException().isThrownBy(() -> setter.set(builder(), Duration.ofSeconds(-5)));
        assertThatNullPointerException()
                .isThrownBy(() -> setter.set(builder(), null))
                .withMessage(option);
    }

    @Test
    void never_sessionExpiry_isTheLargestNumberOnTheWire() {
        assertThat(built(m -> m.sessionExpiry(MqttOptions.NEVER))
                        .sessionExpiry()
                        .toSeconds())
                .isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void build_noServer_saysHowToSetIt() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> MqttOptions.builder().build())
                .withMessage("mqtt.serverUri: is not set; add .serverUri(\"tcp://broker:1883\") to mqtt(..)");
    }

    @Test
    void build_tlsWithoutSecureServer_namesTheServers() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> MqttOptions.builder()
                        .serverUri("tcp://broker:1883")
                        .serverUri("ws://broker/mqtt?token=canary")
                        .tls(tls -> {})
                        .build())
                .withMessageStartingWith("mqtt.tls: ")
                .withMessageContaining("tcp://broker:1883")
                .withMessageNotContaining("canary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ssl://broker:8883", "SSL://broker:8883", "wss://broker/mqtt"})
    void build_secureServer_hasDefaultTls(String uri) {
        assertThat(MqttOptions.builder().serverUri(uri).build().tls()).isEqualTo(TlsOptions.defaults());
        assertThat(MqttOptions.builder()
                        .serverUri("tcp://broker:1883")
                        .serverUri(uri)
                        .build()
                        .tls())
                .isEqualTo(TlsOptions.defaults());
    }

    @Test
    void build_windowSmallerThanPacket_namesBoth() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() ->
                        builder().maximumPacketSize(4097).maxInFlightBytes(4096).build())
                .withMessageContaining("mqtt.maxInFlightBytes: 4096")
                .withMessageContaining("mqtt.maximumPacketSize 4097");
        assertThat(builder().maximumPacketSize(4096).maxInFlightBytes(4096).build())
                .isNotNull();
    }

    @Test
    void toString_anyOptions_namesEveryComponent() {
        for (Field field : MqttOptions.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                assertThat(builder().build().toString()).contains(field.getName() + "=");
            }
        }
    }
}
