package io.mqttkafka.bridge.codecs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.PackageVersion;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.mqttkafka.bridge.HidingClassLoader;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.CodecException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCodecTest {
    private static final String CANARY = "canary1234567";

    record Reading(String device, double temp, List<Integer> raw) {}

    record Checked(String unit) {
        Checked {
            if (!unit.equals("C")) {
                throw new IllegalArgumentException("no unit: " + unit);
            }
        }
    }

    record Nested(Map<String, Reading> readings) {}

    record Timed(Instant at) {}

    record OfTimed(String name, Map<String, List<Timed>> all) {}

    record Tree(List<Tree> children) {}

    static class TimedBean {
        public Instant at;
    }

    static final class Unwritable {
        private final String hidden;

        @JsonCreator
        Unwritable(@JsonProperty("name") String name) {
            hidden = name;
        }
    }

    enum Unit {
        CELSIUS
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    interface Open {}

    public static final class Bean {
        public String getName() {
            throw new IllegalStateException("cannot show " + CANARY);
        }
    }

    private static <T> T decode(JsonCodec<T> codec, String json) {
        return codec.decode(json.getBytes(UTF_8), FakeCodecContext.decoding());
    }

    private static <T> String encode(JsonCodec<T> codec, T value) {
        return new String(codec.encode(value, FakeCodecContext.encoding()), UTF_8);
    }

    @Test
    void encodeAndDecode_record_roundTrips() {
        var codec = JsonCodec.of(Reading.class);
        var reading = new Reading("\u00e4\ud83d\ude00", 21.5, List.of(1, 2));
        assertThat(decode(codec, encode(codec, reading))).isEqualTo(reading);
    }

    @Test
    void of_typeReference_keepsElementType() {
        var codec = JsonCodec.of(new TypeReference<List<Reading>>() {});
        List<Reading> readings = List.of(new Reading("a", 1, List.of()));
        assertThat(decode(codec, encode(codec, readings))).isEqualTo(readings);
    }

    @Test
    void of_mapperAndJavaType_usesBoth() {
        ObjectMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
                .build();
        JavaType type = mapper.getTypeFactory().constructCollectionType(List.class, Reading.class);
        JsonCodec<List<Reading>> codec = JsonCodec.of(mapper, type);
        assertThat(encode(codec, List.of(new Reading("a", 1, List.of()))))
                .isEqualTo("[{\"Device\":\"a\",\"Temp\":1.0,\"Raw\":[]}]");
        assertThat(encode(JsonCodec.of(mapper, Reading.class), new Reading("a", 1, null)))
                .contains("Device");
    }

    @Test
    void of_mapperChangedLater_codecStaysAsItWas() {
        var mapper = new ObjectMapper();
        var codec = JsonCodec.of(mapper, Reading.class);
        mapper.setPropertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE);
        mapper.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        assertThat(encode(codec, new Reading("a", 1, null))).contains("\"device\"");
        assertThatExceptionOfType(CodecException.class).isThrownBy(() -> decode(codec, "{\"extra\":1}"));
    }

    @Test
    void decode_unknownProperty_isIgnoredByTheDefaultMapper() {
        assertThat(decode(JsonCodec.of(Reading.class), "{\"device\":\"a\",\"temp\":1,\"raw\":[],\"firmware\":\"2\"}"))
                .isEqualTo(new Reading("a", 1, List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                " null ",
                "{",
                "{}",
                "{\"temp\":null}",
                "{\"device\":\"a\",\"raw\":[]}",
                "{\"temp\":1} x",
                "{\"temp\":1} {\"temp\":2}",
                "{\"temp\":1}]",
                "{temp:1}",
                "{\"temp\":NaN}",
                "{\"temp\":1,}",
                "[]",
                "\"text\"",
                "12",
                "/* no */ {\"temp\":1}"
            })
    void decode_notOneReading_isCodecExceptionWithoutCause(String json) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> decode(JsonCodec.of(Reading.class), json))
                .withNoCause();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null"})
    void decode_nullAsTree_isCodecException(String json) {
        assertThatExceptionOfType(CodecException.class).isThrownBy(() -> decode(JsonCodec.of(JsonNode.class), json));
        assertThatExceptionOfType(CodecException.class).isThrownBy(() -> decode(JsonCodec.of(Object.class), json));
    }

    @Test
    void decode_trailingTokensWithUsersMapper_isRefusedToo() {
        var codec = JsonCodec.of(new ObjectMapper(), Integer.class);
        assertThat(decode(codec, " 1 ")).isEqualTo(1);
        assertThatExceptionOfType(CodecException.class).isThrownBy(() -> decode(codec, "1 2"));
    }

    @Test
    void decode_tooDeep_isRefusedByTheLimitsOfJackson() {
        int depth = StreamReadConstraints.DEFAULT_MAX_DEPTH;
        var codec = JsonCodec.of(JsonNode.class);
        assertThat(decode(codec, "[".repeat(depth) + "]".repeat(depth))).isNotNull();
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> decode(codec, "[".repeat(depth + 1) + "]".repeat(depth + 1)))
                .withMessageContaining("StreamReadConstraints");
    }

    @Test
    void decode_longNumber_isRefusedByTheLimitsOfJackson() {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() ->
                        decode(JsonCodec.of(JsonNode.class), "1".repeat(StreamReadConstraints.DEFAULT_MAX_NUM_LEN + 1)))
                .withMessageContaining("StreamReadConstraints");
    }

    @Test
    void decode_payloadNamesAClass_isNotFollowed() {
        Object value = decode(JsonCodec.of(Object.class), "[\"java.util.HashSet\",[]]");
        assertThat(value).isEqualTo(List.of("java.util.HashSet", List.of()));
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> decode(JsonCodec.of(Open.class), "{\"@type\":\"java.util.HashSet\"}"));
    }

    static Stream<Arguments> payloadsWithCanary() {
        return Stream.of(
                Arguments.of(JsonCodec.of(Reading.class), CANARY),
                Arguments.of(JsonCodec.of(Reading.class), "\"" + CANARY + "\""),
                Arguments.of(JsonCodec.of(Reading.class), "{\"temp\":\"" + CANARY + "\"}"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"temp\":" + CANARY + "}"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"raw\":[1,\"" + CANARY + "\"]}"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"temp\":1} " + CANARY),
                Arguments.of(JsonCodec.of(Reading.class), "{\"device\":\"" + CANARY + "\\q\"}"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"device\":\"" + CANARY),
                Arguments.of(JsonCodec.of(Nested.class), "{\"readings\":{\"" + CANARY + "\":{\"temp\":\"x\"}}}"),
                Arguments.of(JsonCodec.of(new TypeReference<Map<Integer, String>>() {}), "{\"" + CANARY + "\":1}"),
                Arguments.of(JsonCodec.of(Unit.class), "\"" + CANARY + "\""),
                Arguments.of(JsonCodec.of(Integer.class), "\"" + CANARY + "\""),
                Arguments.of(JsonCodec.of(Checked.class), "{\"unit\":\"" + CANARY + "\"}"),
                Arguments.of(JsonCodec.of(Open.class), "{\"@type\":\"" + CANARY + "\"}"),
                Arguments.of(JsonCodec.of(new ObjectMapper(), Reading.class), "{\"" + CANARY + "\":1}"),
                Arguments.of(
                        JsonCodec.of(
                                JsonMapper.builder()
                                        .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                        .build(),
                                JsonNode.class),
                        "{\"" + CANARY + "\":1,\"" + CANARY + "\":2}"));
    }

    @ParameterizedTest
    @MethodSource("payloadsWithCanary")
    void decode_failure_neverShowsThePayload(JsonCodec<?> codec, String json) {
        var e = catchThrowableOfType(CodecException.class, () -> decode(codec, json));
        assertThat(e).isNotNull();
        assertThat(stackTraceOf(e)).doesNotContain(CANARY);
    }

    @Test
    void encode_failure_neverShowsTheValue() {
        var bean = catchThrowableOfType(CodecException.class, () -> encode(JsonCodec.of(Bean.class), new Bean()));
        assertThat(stackTraceOf(bean))
                .doesNotContain(CANARY)
                .contains("at name")
                .contains(IllegalStateException.class.getName());
        Map<String, Object> map = new HashMap<>();
        map.put(CANARY, new Object());
        var unknown = catchThrowableOfType(
                CodecException.class, () -> encode(JsonCodec.of(new TypeReference<Map<String, Object>>() {}), map));
        assertThat(stackTraceOf(unknown))
                .doesNotContain(CANARY)
                .contains("at ?")
                .contains("java.lang.Object");
    }

    static Stream<Arguments> explanations() {
        return Stream.of(
                Arguments.of(JsonCodec.of(Reading.class), "{\n \"temp\": \"x\"}", "at temp"),
                Arguments.of(JsonCodec.of(Reading.class), "{\n \"temp\": \"x\"}", "at line 2, column 10"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"temp\": \"x\"}", "wanted double"),
                Arguments.of(JsonCodec.of(Reading.class), "{\"raw\":[1,\"x\"]}", "at raw[1]"),
                Arguments.of(
                        JsonCodec.of(Nested.class), "{\"readings\":{\"k\":{\"temp\":\"x\"}}}", "at readings.?.temp"),
                Arguments.of(JsonCodec.of(Checked.class), "{\"unit\":\"F\"}", "java.lang.IllegalArgumentException"),
                Arguments.of(JsonCodec.of(Reading.class), "null", "JSON null"),
                Arguments.of(JsonCodec.of(Reading.class), "", "empty"),
                Arguments.of(JsonCodec.of(Reading.class), "{", "Reading"));
    }

    @ParameterizedTest
    @MethodSource("explanations")
    void decode_failure_saysWhereAndWhat(JsonCodec<?> codec, String json, String explanation) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> decode(codec, json))
                .withMessageContaining(explanation);
    }

    @Test
    void javaTime_withItsModule_worksAndNeverShowsThePayload() {
        assumeThat(hasJavaTimeModule()).isTrue();
        var codec = JsonCodec.of(Timed.class);
        var timed = new Timed(Instant.parse("2026-01-02T03:04:05Z"));

        assertThat(encode(codec, timed)).isEqualTo("{\"at\":\"2026-01-02T03:04:05Z\"}");
        assertThat(decode(codec, encode(codec, timed))).isEqualTo(timed);
        var e = catchThrowableOfType(CodecException.class, () -> decode(codec, "{\"at\":\"" + CANARY + "\"}"));
        assertThat(stackTraceOf(e)).doesNotContain(CANARY);
    }

    static Stream<JavaType> withJavaTime() {
        TypeFactory types = TypeFactory.defaultInstance();
        return Stream.of(
                types.constructType(Timed.class),
                types.constructType(Instant.class),
                types.constructCollectionType(List.class, Timed.class),
                types.constructMapType(Map.class, String.class, Instant.class),
                types.constructArrayType(Timed.class),
                types.constructType(TimedBean.class),
                types.constructType(OfTimed.class));
    }

    /** Every payload would be called malformed. */
    @ParameterizedTest
    @MethodSource("withJavaTime")
    void of_typeThatTheMapperCannotHandle_isRefusedWithTheMend(JavaType type) {
        ObjectMapper mapper = new ObjectMapper();

        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> JsonCodec.of(mapper, type))
                .withMessageContaining("java.time.Instant")
                .withMessageContaining("com.fasterxml.jackson.datatype:jackson-datatype-jsr310");
    }

    @Test
    void of_typeThatCanOnlyBeRead_orOnlyBeWritten_isTaken() {
        SimpleModule written = new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance);
        var writing = JsonCodec.of(new ObjectMapper().registerModule(written), Timed.class);
        assertThat(encode(writing, new Timed(Instant.EPOCH))).isEqualTo("{\"at\":\"1970-01-01T00:00:00Z\"}");

        var reading = JsonCodec.of(Unwritable.class);
        assertThat(decode(reading, "{\"name\":\"x\"}").hidden).isEqualTo("x");
    }

    @Test
    void of_typeThatHoldsItself_isTaken() {
        assertThat(decode(JsonCodec.of(Tree.class), "{\"children\":[{\"children\":[]}]}")
                        .children())
                .hasSize(1);
    }

    @Test
    void of_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> JsonCodec.of((Class<String>) null));
        assertThatNullPointerException().isThrownBy(() -> JsonCodec.of((TypeReference<String>) null));
        assertThatNullPointerException().isThrownBy(() -> JsonCodec.of(null, String.class));
        assertThatNullPointerException().isThrownBy(() -> JsonCodec.of(new ObjectMapper(), (JavaType) null));
    }

    @Test
    void toString_anyCodec_namesTheType() {
        assertThat(JsonCodec.of(String.class)).hasToString("JsonCodec[java.lang.String]");
    }

    @Test
    void of_jacksonMissing_saysWhatToAdd() throws Exception {
        assertThat(new HidingClassLoader(Map.of(), "com.fasterxml.").answerOf(Probe.class))
                .isEqualTo(BridgeConfigException.class.getName() + ": JsonCodec: Jackson is missing; add"
                        + " com.fasterxml.jackson.core:jackson-databind to the class path");
    }

    @Test
    void of_jacksonTooOld_saysWhichWasFoundAndTheMend() throws Exception {
        assertThat(new HidingClassLoader(Map.of(), "com.fasterxml.jackson.core.exc.StreamConstraintsException")
                        .answerOf(Probe.class))
                .isEqualTo(BridgeConfigException.class.getName() + ": JsonCodec: found Jackson "
                        + PackageVersion.VERSION + ", needs at least 2.15; put"
                        + " com.fasterxml.jackson.core:jackson-databind 2.15 or later on the class path, and jackson-core"
                        + " of the same version");
    }

    /** Runs in the class loader that hides Jackson. */
    static final class Probe implements Supplier<String> {
        Probe() {}

        @Override
        public String get() {
            try {
                return "unexpected: " + JsonCodec.of(String.class);
            } catch (Throwable e) {
                return e.toString();
            }
        }
    }

    private static boolean hasJavaTimeModule() {
        try {
            Class.forName("com.fasterxml.jackson.datatype.jsr310.JavaTimeModule");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static String stackTraceOf(Throwable e) {
        var text = new StringWriter();
        e.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
