package io.mqttkafka.bridge.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
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

    @Test
    void commandsToDevices_bringsEachCommandToItsDeviceInOrder() throws Exception {
        kafka.createTopic("device-commands", 3);
        kafka.createTopic("device-commands.dead", 1);
        Records.send(kafka.bootstrapServers(), "device-commands", "pump", "start");
        Records.send(kafka.bootstrapServers(), "device-commands", "every/#", "poison");
        try (Subscriber devices = Subscriber.connect(mqtt.serverUri(), "devices/+/cmd");
                ProgramProcess example = start(CommandsToDevices.class)) {
            await().atMost(PATIENCE).until(devices::received, received -> !received.isEmpty());
            Records.send(kafka.bootstrapServers(), "device-commands", "pump", "stop");
            await().atMost(PATIENCE).until(devices::received, received -> received.size() > 1);
            await().atMost(PATIENCE).until(() -> values("device-commands.dead"), values -> !values.isEmpty());

            assertThat(devices.received()).containsExactly("devices/pump/cmd: start", "devices/pump/cmd: stop");
            assertThat(values("device-commands.dead")).containsExactly("poison");
            example.terminate();
            example.awaitExit();
            assertThat(example.output()).doesNotContain("poison");
        }
    }

    @Test
    void requestReply_bringsResponseTopicAndCorrelationDataBackUnchanged() throws Exception {
        kafka.createTopic("requests", 1);
        kafka.createTopic("replies", 1);
        kafka.createTopic("replies.dead", 1);
        byte[] correlation = {0, -1, 7, 'x'};
        try (Subscriber requester = Subscriber.connect(mqtt.serverUri(), "replies/meter-7");
                Subscriber pump = Subscriber.connect(mqtt.serverUri(), "devices/pump/cmd");
                ProgramProcess example = start(RequestReply.class)) {
            // What is asked before the example has subscribed finds no queue yet.
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
                requester.request("services/clock/requests", "stop", "devices/pump/cmd", correlation);
                requester.request("services/clock/requests", "what time", "replies/meter-7", correlation);
                return !requester.received().isEmpty();
            });

            assertThat(requester.received()).containsOnly("replies/meter-7: WHAT TIME");
            assertThat(pump.received()).doesNotContain("devices/pump/cmd: STOP");
            assertThat(requester.messages()).allSatisfy(reply -> {
                assertThat(reply.getProperties().getResponseTopic()).isEqualTo("replies/meter-7");
                assertThat(reply.getProperties().getCorrelationData()).isEqualTo(correlation);
                // Only the mark of the bridge, which has routes in both directions.
                assertThat(reply.getProperties().getUserProperties())
                        .extracting(UserProperty::getKey)
                        .containsExactly("bridge.origin");
            });
            example.terminate();
            example.awaitExit();
        }
    }

    @Test
    void deviceShadow_keepsReportedStateInKafkaAndDesiredStateRetained() throws Exception {
        Map<String, String> compacted = Map.of("cleanup.policy", "compact");
        kafka.createTopic("shadow.reported", 1, compacted);
        kafka.createTopic("shadow.desired", 1, compacted);
        kafka.createTopic("shadow.dead", 1);
        Records.send(kafka.bootstrapServers(), "shadow.desired", "lamp", "off");
        Records.send(kafka.bootstrapServers(), "shadow.desired", "lamp", "on");
        try (Subscriber lamp = Subscriber.connect(mqtt.serverUri(), "devices/lamp/state/desired");
                ProgramProcess example = start(DeviceShadow.class)) {
            await().atMost(PATIENCE).until(lamp::received, received -> received.size() == 2);
            assertThat(lamp.received())
                    .containsExactly("devices/lamp/state/desired: off", "devices/lamp/state/desired: on");
            try (Subscriber late = Subscriber.connect(mqtt.serverUri(), "devices/lamp/state/desired")) {
                await().atMost(PATIENCE).until(late::received, received -> !received.isEmpty());
                assertThat(late.received()).containsExactly("devices/lamp/state/desired: on");
                assertThat(late.messages()).allMatch(MqttMessage::isRetained);
            }
            publishUntilTaken("devices/lamp/state/reported", "on", "shadow.reported");

            assertThat(kafka.readAll("shadow.reported"))
                    .allSatisfy(
                            message -> assertThat(message.key()).asString(UTF_8).isEqualTo("lamp"));
            example.terminate();
            example.awaitExit();
            assertThat(example.output()).isEmpty();
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
