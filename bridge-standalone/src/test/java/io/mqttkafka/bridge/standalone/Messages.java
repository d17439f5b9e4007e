package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.testkit.packet.MqttTestClient;

/** Messages that devices publish. */
final class Messages {
    private Messages() {}

    /** Publishes at QoS 1, in order, and returns when the broker has them. */
    static void publish(String serverUri, String topic, String... payloads) {
        try (MqttTestClient device = MqttTestClient.connect(serverUri, "messages", true)) {
            for (String payload : payloads) {
                device.publish(topic, payload, 1);
            }
        }
    }
}
