package io.mqttkafka.bridge.benchmarks.peers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What every peer is told on its command line, the same for all.
 *
 * @param mqttPort the MQTT broker's port on the loopback address
 * @param kafkaPort the Kafka broker's port on the loopback address
 * @param receiveMaximum how many QoS 1 and 2 messages the broker may send ahead of their acknowledgement
 */
public record PeerSettings(
        int mqttPort,
        int kafkaPort,
        String clientId,
        String mqttFilter,
        int qos,
        int receiveMaximum,
        String kafkaTopic) {

    public static PeerSettings fromArguments(String... arguments) {
        return new PeerSettings(
                Integer.parseInt(arguments[0]),
                Integer.parseInt(arguments[1]),
                arguments[2],
                arguments[3],
                Integer.parseInt(arguments[4]),
                Integer.parseInt(arguments[5]),
                arguments[6]);
    }

    public List<String> toArguments() {
        return List.of(
                String.valueOf(mqttPort),
                String.valueOf(kafkaPort),
                clientId,
                mqttFilter,
                String.valueOf(qos),
                String.valueOf(receiveMaximum),
                kafkaTopic);
    }

    String bootstrapServers() {
        return "127.0.0.1:" + kafkaPort;
    }

    /** The producer's settings apart from its serializers. */
    Map<String, Object> producerProperties() {
        Map<String, Object> properties = new HashMap<>(tuning());
        properties.put("bootstrap.servers", bootstrapServers());
        properties.put("acks", "all");
        properties.put("enable.idempotence", true);
        return properties;
    }

    /** What is set alike for all peers, so that their producers do not differ. */
    Map<String, Object> tuning() {
        return Map.of("linger.ms", 5, "batch.size", 64 * 1024, "compression.type", "none");
    }
}
