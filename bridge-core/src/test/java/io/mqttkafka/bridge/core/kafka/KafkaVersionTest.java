package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.HidingClassLoader;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A class path whose Kafka client is not ours is told of at build(), before a class is missing in the middle of the work. */
class KafkaVersionTest {
    private static final String MEND =
            ", needs at least 4.0; put org.apache.kafka:kafka-clients 4.0.2 or later on the class"
                    + " path, with Spring Boot by the property kafka.version of your build";

    @Test
    @DisabledIfSystemProperty(named = "bridge.kafka.refused", matches = ".+")
    void build_thisClassPath_passes() {
        assertThatCode(KafkaVersionTest::build).doesNotThrowAnyException();
    }

    /** The profile versions runs it with the last version that is refused. */
    @Test
    @EnabledIfSystemProperty(named = "bridge.kafka.refused", matches = ".+")
    void build_realOldClient_saysWhichWasFoundAndTheMend() {
        assertThatThrownBy(KafkaVersionTest::build)
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessage("kafka: found kafka-clients " + System.getProperty("bridge.kafka.refused") + MEND);
    }

    /** The profile versions says which one it has put on the class path. */
    @Test
    @EnabledIfSystemProperty(named = "bridge.kafka.clients", matches = ".+")
    void found_isTheClientOnTheClassPath() {
        assertThat(KafkaVersion.found()).isEqualTo(System.getProperty("bridge.kafka.clients"));
    }

    @Test
    void build_oldClient_saysWhichWasFoundAndTheMend() throws Exception {
        var old = new HidingClassLoader(
                Map.of("kafka/kafka-version.properties", "version=3.7.2\n"),
                "org.apache.kafka.clients.consumer.ConsumerRecords");

        assertThat(old.answerOf(Probe.class))
                .isEqualTo(BridgeConfigException.class.getName() + ": kafka: found kafka-clients 3.7.2" + MEND);
    }

    @Test
    void build_noClient_saysThatItIsMissing() throws Exception {
        var none = new HidingClassLoader(Map.of(), "org.apache.kafka.");

        assertThat(none.answerOf(Probe.class))
                .isEqualTo(BridgeConfigException.class.getName() + ": kafka: kafka-clients is missing" + MEND);
    }

    @ParameterizedTest
    @CsvSource({
        "4.0.0, true",
        "4.0.1, true",
        "4.1.1, true",
        "4.1.1-ccs, true",
        "4.0.2, false",
        "4.1.2, false",
        "4.1.10, false",
        "4.2.0, false",
        "4.4.0, false",
        "of an unknown version, false"
    })
    void writesToWrongTopics_isSaidOfTheVersionsThatDo(String version, boolean expected) {
        assertThat(KafkaVersion.writesToWrongTopics(version)).isEqualTo(expected);
    }

    private static Bridge build() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri("tcp://localhost:1883").clientId("version"))
                .kafka(k -> k.bootstrapServers("localhost:9092"))
                .route(Route.fromMqtt("a").toKafka("a").build())
                .build();
    }

    /** Runs in the class loader that hides classes of Kafka. */
    static final class Probe implements Supplier<String> {
        Probe() {}

        @Override
        public String get() {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(Probe.class.getClassLoader());
            try {
                return "unexpected: " + build();
            } catch (Throwable e) {
                return e.toString();
            } finally {
                thread.setContextClassLoader(before);
            }
        }
    }
}
