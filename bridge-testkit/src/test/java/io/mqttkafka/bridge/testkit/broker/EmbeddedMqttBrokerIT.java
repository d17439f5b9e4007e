package io.mqttkafka.bridge.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import org.junit.jupiter.api.Test;

class EmbeddedMqttBrokerIT {

    @Test
    void restart_filePersistence_keepsPortSessionAndQueuedMessages() {
        try (EmbeddedMqttBroker broker =
                EmbeddedMqttBroker.builder().filePersistence().receiveMaximum(7).start()) {
            String uri = broker.serverUri();
            try (MqttTestClient subscriber = MqttTestClient.connect(uri, "persistent", false)) {
                assertThat(subscriber.sessionPresent()).isFalse();
                assertThat(subscriber.serverReceiveMaximum()).isEqualTo(7);
                subscriber.subscribe("q/#", 1);
            }
            try (MqttTestClient publisher = MqttTestClient.connect(uri, "publisher", true)) {
                publisher.publish("q/1", "queued", 2);
            }

            broker.restart();

            assertThat(broker.serverUri()).isEqualTo(uri);
            try (MqttTestClient subscriber = MqttTestClient.connect(uri, "persistent", false)) {
                assertThat(subscriber.sessionPresent()).isTrue();
                assertThat(subscriber.next()).isEqualTo("q/1 queued");
            }
        }
    }

    @Test
    void builder_valuesOutOfRange_throw() {
        assertThatThrownBy(() -> EmbeddedMqttBroker.builder().receiveMaximum(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("but is 0");
        assertThatThrownBy(() -> EmbeddedMqttBroker.builder().maxQueuedMessages(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("but is 0");
    }
}
