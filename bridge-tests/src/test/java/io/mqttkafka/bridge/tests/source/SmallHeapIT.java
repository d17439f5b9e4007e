package io.mqttkafka.bridge.tests.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** {@link SmallHeapTest} with mosquitto and a real Kafka, exactly once, and for longer. */
@Tag("chaos")
@EnabledIf(
        value = "io.mqttkafka.bridge.testkit.broker.MosquittoBroker#available",
        disabledReason = "mosquitto is not installed")
class SmallHeapIT {
    private static final int MESSAGES = 4_000;
    private static final int LARGE_MESSAGES = 200;
    private static final int HONEST_EVERY = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Test
    void oneDeviceWithLargeTopics_oneWithLargePayloads_othersAreDelivered() throws IOException {
        Path log = Path.of("target", "small-heap-it.log").toAbsolutePath();
        try (MosquittoBroker mqtt = MosquittoBroker.start();
                EmbeddedKafka kafka = EmbeddedKafka.start();
                MqttTestClient topics = MqttTestClient.connect(mqtt.serverUri(), "topics", true);
                MqttTestClient payloads = MqttTestClient.connect(mqtt.serverUri(), "payloads", true);
                MqttTestClient honest = MqttTestClient.connect(mqtt.serverUri(), "honest", true)) {
            kafka.createTopic("hostile", 3);
            kafka.createTopic("honest", 1);
            Process bridge = SmallHeapTest.bridge(log, mqtt.serverUri(), kafka.bootstrapServers());
            try {
                await().atMost(PATIENCE).until(() -> Files.readString(log).contains("is connected"));
                String topic = "/x/" + "t".repeat(60_000);
                String large = "p".repeat(1_000_000);
                int sent = 0;
                for (int i = 1; i <= MESSAGES; i++) {
                    topics.publish("hostile/" + i + topic, "x", 2);
                    if (i % (MESSAGES / LARGE_MESSAGES) == 0) {
                        payloads.publish("hostile/a/b", large, i % 3);
                    }
                    if (i % HONEST_EVERY == 0) {
                        honest.publish("honest", "m" + sent++, 1);
                    }
                }
                int all = sent;
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> kafka.readAll("honest").size() >= all);

                assertThat(kafka.readAll("honest")).hasSize(all);
                assertThat(Files.readString(log))
                        .doesNotContain("OutOfMemoryError")
                        .doesNotContain("not connected");
                assertThat(bridge.isAlive()).isTrue();
            } finally {
                bridge.destroyForcibly();
            }
        }
    }
}
