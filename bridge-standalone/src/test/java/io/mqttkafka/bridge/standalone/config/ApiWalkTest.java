package io.mqttkafka.bridge.standalone.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.FromKafka;
import io.mqttkafka.bridge.FromMqtt;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.failure.FailurePolicy;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever the API can say without code, the file can say, under the API's name with hyphens. */
class ApiWalkTest {
    /** What takes code, or is no option. */
    private static final Set<String> CODE = Set.of("build", "listener", "observer", "filter", "map", "toBuilder");

    @Test
    void everyOptionOfTheApi_hasANameInTheFile() {
        assertThat(missing(MqttOptions.Builder.class, Sections.MQTT)).isEmpty();
        assertThat(missing(TlsOptions.Builder.class, Sections.TLS)).isEmpty();
        assertThat(missing(KafkaOptions.Builder.class, Sections.KAFKA)).isEmpty();
        assertThat(missing(TransactionOptions.Builder.class, Sections.TRANSACTIONS))
                .isEmpty();
        assertThat(missing(LoopOptions.Builder.class, Sections.LOOPS)).isEmpty();
        assertThat(missing(StatusOptions.Builder.class, Sections.STATUS)).isEmpty();
        assertThat(missing(FailurePolicy.Builder.class, Sections.ON_FAILURE)).isEmpty();
        assertThat(missing(BridgeBuilder.class, BridgeFile.ROOT)).isEmpty();
        assertThat(missing(FromMqtt.class, Sections.FROM_MQTT)).isEmpty();
        // The name of a route is its name in the file.
        assertThat(missing(ToKafka.class, Sections.FROM_MQTT)).containsExactly("name");
        assertThat(missing(FromKafka.class, Sections.FROM_KAFKA)).isEmpty();
        assertThat(missing(ToMqtt.class, Sections.FROM_KAFKA)).containsExactly("name");
        assertThat(methods(Route.class)
                        .filter(method -> Modifier.isStatic(method.getModifiers()))
                        .map(Method::getName))
                .containsOnly("fromMqtt", "fromKafka");
    }

    private static Set<String> missing(Class<?> type, Section<?> section) {
        Set<String> known = section.settings().stream().map(Setting::api).collect(Collectors.toSet());
        return methods(type)
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !known.contains(name) && !CODE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<Method> methods(Class<?> type) {
        return Stream.of(type.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class
                        && !List.of("toString", "equals", "hashCode").contains(method.getName()));
    }

    /** Names that are not the API's are few, and said here. */
    @Test
    void names_areThoseOfTheApi() {
        Set<String> others = SchemaTest.sections().keySet().stream()
                .flatMap(section -> section.settings().stream())
                .filter(setting -> !setting.name().equals(kebab(setting.api())))
                .map(setting -> setting.name() + " = " + setting.api())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(others)
                .containsExactly(
                        "backoff = retry",
                        "from-kafka-pattern = fromKafka",
                        "headers = header",
                        "key-store-password = keyStore",
                        "partition = partitioner",
                        "password-file = password",
                        "properties = client",
                        "routes = route",
                        "trust-store-password = trustStore",
                        "username = credentials");
    }

    private static String kebab(String camel) {
        return camel.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
    }
}
