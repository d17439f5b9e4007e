package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a message has arrives with it, and nobody waits longer than told. */
class MqttTestClientTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void message_withProperties_arrivesWithThem() {
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", true)) {
            client.subscribe("a", 2);

            client.publish(PublishPacket.to("a")
                    .payload("x")
                    .qos(2)
                    .packetId(1)
                    .userProperty("k", "v")
                    .userProperty("k", "w")
                    .contentType("text/plain")
                    .responseTopic("answers")
                    .correlationData(new byte[] {1, 2})
                    .payloadFormat(1)
                    .messageExpiry(60)
                    .build());

            PublishPacket arrived = client.nextPacket(PATIENCE);
            assertThat(arrived.topic()).isEqualTo("a");
            assertThat(arrived.payloadText()).isEqualTo("x");
            assertThat(arrived.qos()).isEqualTo(2);
            MqttProperties properties = arrived.properties();
            assertThat(properties.userProperties()).containsExactly(Map.entry("k", "v"), Map.entry("k", "w"));
            assertThat(properties.text(MqttProperty.CONTENT_TYPE)).contains("text/plain");
            assertThat(properties.text(MqttProperty.RESPONSE_TOPIC)).contains("answers");
            assertThat(properties.data(MqttProperty.CORRELATION_DATA)).hasValue(new byte[] {1, 2});
            assertThat(properties.number(MqttProperty.PAYLOAD_FORMAT_INDICATOR)).hasValue(1);
            assertThat(properties.number(MqttProperty.MESSAGE_EXPIRY_INTERVAL)).isPresent();
        }
    }

    @Test
    void message_retained_isSo() {
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", true)) {
            client.publish(PublishPacket.to("a")
                    .payload("x")
                    .qos(1)
                    .packetId(1)
                    .retain()
                    .build());
            client.subscribe("a", 1);

            PublishPacket arrived = client.nextPacket(PATIENCE);

            assertThat(arrived.retain()).isTrue();
            assertThat(arrived.payload()).isEqualTo("x".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void next_nothingComes_failsWhenItsTimeIsOver() {
        try (FakeMqttBroker broker = FakeMqttBroker.start();
                MqttTestClient client = MqttTestClient.connect(broker.serverUri(), "c", true)) {
            assertThatThrownBy(() -> client.next(Duration.ofMillis(20)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected a message within 20 ms, but none arrived");
        }
    }
}
