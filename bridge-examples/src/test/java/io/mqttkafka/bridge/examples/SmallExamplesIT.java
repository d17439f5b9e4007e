package io.mqttkafka.bridge.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.MqttBroker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SmallExamplesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static EmbeddedKafka kafka;
    private static MqttBroker mqtt;

    @BeforeAll
    static void startBrokers() {
        kafka = EmbeddedKafka.start();
        mqtt = MqttBroker.start();
    }

    @AfterAll
    static void stopBrokers() {
        mqtt.close();
        kafka.close();
    }

    @Test
    void sensorsToKafka_putsEverySiteIntoItsTopic() throws Exception {
        try (ProgramProcess example = start(SensorsToKafka.class)) {
            publishUntilTaken("sensors/oslo/device-1/temp", "20.5", "telemetry.oslo");

            assertThat(kafka.readAll("telemetry.oslo")).allSatisfy(message -> {
                assertThat(message.key()).asString(UTF_8).isEqualTo("device-1");
                assertThat(message.value()).asString(UTF_8).isEqualTo("20.5");
            });
            example.terminate();
            example.awaitExit();
            assertThat(example.output()).isEmpty();
        }
    }

    @Test
    void jsonAndDeadLetter_passesFiltersAndKeepsWhatIsNotJson() throws Exception {
        kafka.createTopic("weather.dead", 1);
        try (ProgramProcess example = start(JsonAndDeadLetter.class)) {
            publishUntilTaken("weather/oslo", "{\"celsius\":-3.5}", "weather");
            Messages.publish(mqtt.serverUri(), "weather/oslo", "{\"celsius\":-273.15}", "no json", "{\"celsius\":4}");
            await().atMost(PATIENCE).until(() -> values("weather"), values -> values.contains("{\"celsius\":4}"));

            assertThat(values("weather")).doesNotContain("{\"celsius\":-273.15}", "no json");
            assertThat(values("weather.dead")).containsExactly("no json");
            example.awaitOutput("weather/oslo: ");
            example.terminate();
            example.awaitExit();
            assertThat(example.output()).doesNotContain("no json");
        }
    }

    private static ProgramProcess start(Class<?> example) throws Exception {
        return ProgramProcess.start(example, List.of(mqtt.serverUri(), kafka.bootstrapServers()));
    }

    // The examples do not say when they are ready: what comes before their subscription finds no queue yet.
    private static void publishUntilTaken(String mqttTopic, String payload, String kafkaTopic) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            Messages.publish(mqtt.serverUri(), mqttTopic, payload);
            return !values(kafkaTopic).isEmpty();
        });
    }

    private static List<String> values(String topic) {
        return kafka.readAll(topic).stream()
                .map(message -> new String(message.value(), UTF_8))
                .toList();
    }
}
