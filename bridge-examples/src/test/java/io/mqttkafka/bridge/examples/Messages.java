package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Publishes to an MQTT broker, as a device does. */
final class Messages {
    private Messages() {}

    /** Publishes at QoS 1 and returns when the broker has taken every payload. */
    static void publish(String serverUri, String topic, String... payloads) throws Exception {
        try (SensorPublisher publisher = SensorPublisher.connect(serverUri)) {
            List<SensorMessage> messages = List.of(payloads).stream()
                    .map(payload -> new SensorMessage(0, Kind.TELEMETRY, topic, payload, null))
                    .toList();
            publisher.publish(messages).get(30, TimeUnit.SECONDS);
        }
    }
}
