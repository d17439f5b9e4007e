package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.mqttkafka.bridge.failure.Backoff;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each setter of each builder of options, found by reflection so that none is left out: the second call is refused. */
class SetOnceTest {
    private static final Set<String> ADD_UP = Set.of("bootstrapServers", "unsubscribe", "serverUri(String)");

    @TempDir
    static Path directory;

    static List<Object> builders() {
        return List.of(
                MqttOptions.builder(),
                KafkaOptions.builder(),
                TlsOptions.builder(),
                TransactionOptions.builder(),
                StatusOptions.builder(),
                LoopOptions.builder(),
                MqttOptions.builder().serverUri("tcp://b:1").build().toBuilder(),
                KafkaOptions.builder().bootstrapServers("k:1").build().toBuilder(),
                TlsOptions.defaults().toBuilder(),
                TransactionOptions.defaults().toBuilder(),
                StatusOptions.builder().topic("t").build().toBuilder(),
                LoopOptions.defaults().toBuilder());
    }

    @ParameterizedTest
    @MethodSource("builders")
    void setter_calledTwice_isRefusedUnlessItAddsUp(Object builder) throws Exception {
        List<String> tried = new ArrayList<>();
        List<Method> setters = Arrays.stream(builder.getClass().getMethods())
                .filter(method ->
                        method.getReturnType() == builder.getClass() && !Modifier.isStatic(method.getModifiers()))
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .toList();
        for (Method setter : setters) {
            String name = setter.getName();
            String signature = name
                    + Arrays.stream(setter.getParameterTypes())
                            .map(Class::getSimpleName)
                            .toList()
                            .toString()
                            .replace('[', '(')
                            .replace(']', ')');
            Object[] values = values(setter);
            if (tried.contains(name) && !signature.equals("serverUri(Supplier)")) {
                // Another way to set the same option counts as the second one.
                assertThatIllegalStateException().as(signature).isThrownBy(() -> call(builder, setter, values));
                continue;
            }
            call(builder, setter, values);
            if (ADD_UP.contains(name) || ADD_UP.contains(signature)) {
                assertThatCode(() -> call(builder, setter, values)).doesNotThrowAnyException();
            } else {
                assertThatIllegalStateException()
                        .as(signature)
                        .isThrownBy(() -> call(builder, setter, values))
                        .withMessageContaining(": was set before to ")
                        .withMessageContaining(", and now to ")
                        .withMessageEndingWith("; set it once")
                        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("canary"));
                tried.add(name);
            }
        }
        assertThat(tried).isNotEmpty();
    }

    @Test
    void setter_otherValue_namesBoth() {
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        MqttOptions.builder().keepAlive(Duration.ofSeconds(5)).keepAlive(Duration.ofSeconds(7)))
                .withMessage("mqtt.keepAlive: was set before to PT5S, and now to PT7S; set it once");
        assertThatIllegalStateException()
                .isThrownBy(() -> KafkaOptions.builder().client("a", "canary-1").client("a", "canary-2"))
                .withMessage("kafka.client: a: was set before to ****, and now to ****; set it once");
        assertThatCode(() -> KafkaOptions.builder()
                        .client("a", 1)
                        .producer("a", 2)
                        .consumer("a", 3)
                        .client("b", 4))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void password_setTwice_isRefusedWhicheverWay(boolean first) {
        MqttOptions.Builder builder = MqttOptions.builder();
        if (first) {
            builder.credentials("user", "canary");
        } else {
            builder.password(() -> "canary");
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> builder.password(Path.of("canary")))
                .withMessage("mqtt.password: was set before to ****, and now to ****; set it once");
    }

    @Test
    void toBuilder_setOptions_canBeSetAnewOnce() {
        MqttOptions.Builder builder = MqttOptions.builder().serverUri("tcp://b:1").receiveMaximum(7).build().toBuilder()
                .receiveMaximum(8);
        assertThatIllegalStateException().isThrownBy(() -> builder.receiveMaximum(9));
        assertThat(builder.build().receiveMaximum()).isEqualTo(8);
    }

    private static Object call(Object builder, Method setter, Object[] values) throws Exception {
        try {
            return setter.invoke(builder, values);
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    private static Object[] values(Method setter) throws IOException {
        Class<?>[] types = setter.getParameterTypes();
        Object[] values = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            values[i] = value(setter.getName(), types[i]);
        }
        if (setter.getName().equals("credentials")) {
            // The password is set by its own setters here.
            values[1] = null;
        }
        return values;
    }

    private static Object value(String option, Class<?> type) throws IOException {
        if (type == String.class) {
            return switch (option) {
                case "serverUri" -> "tcp://broker:1883";
                case "keyPassword", "trustStore", "keyStore" -> "canary";
                default -> "text";
            };
        } else if (type == String[].class) {
            return new String[] {"kafka:9092"};
        } else if (type == int.class || type == long.class) {
            int number = option.equals("hopLimit") ? 8 : 1024;
            return type == int.class ? (Object) number : (Object) (long) number;
        } else if (type == boolean.class) {
            return true;
        } else if (type == Duration.class) {
            return Duration.ofSeconds(5);
        } else if (type == Path.class) {
            return Files.writeString(directory.resolve("file"), "");
        } else if (type == Supplier.class) {
            return (Supplier<String>) () -> "canary";
        } else if (type == Consumer.class) {
            return (Consumer<Object>) nested -> {};
        } else if (type == Backoff.class) {
            return Backoff.fixed(Duration.ofSeconds(1));
        } else if (type == TlsOptions.class) {
            return TlsOptions.defaults();
        } else if (type == TransactionOptions.class) {
            return TransactionOptions.defaults();
        } else if (type == Object.class) {
            return "canary";
        } else if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        throw new AssertionError("no value for " + option + " of " + type);
    }
}
