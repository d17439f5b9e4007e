package io.mqttkafka.bridge.benchmarks.peers;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What every peer is told on its command line, the same for all.
 *
 * @param mqttPort the MQTT broker's port on the loopback address
 * @param kafkaPort the Kafka broker's port on the loopback address
 * @param receiveMaximum how many QoS 1 and 2 messages the broker may send ahead of their acknowledgement, or the peer on the
 *     way to MQTT
 */
public record PeerSettings(
        int mqttPort,
        int kafkaPort,
        String clientId,
        String mqttFilter,
        int qos,
        int receiveMaximum,
        String kafkaTopic) {
    /** The consumer group of every peer that reads from Kafka. */
    static final String GROUP = "bench";

    /** How often a peer that commits by hand does. */
    static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);

    /** The producer's settings apart from addresses and serializers. */
    static final Map<String, Object> PRODUCER_PROPERTIES = Map.of(
            "acks",
            "all",
            "enable.idempotence",
            true,
            "linger.ms",
            5,
            "batch.size",
            64 * 1024,
            "compression.type",
            "none");

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

    String serverUri() {
        return "tcp://127.0.0.1:" + mqttPort;
    }

    String bootstrapServers() {
        return "127.0.0.1:" + kafkaPort;
    }

    /** The consumer of a peer that makes its own, set up as the bridge sets up its own; it has subscribed. */
    Consumer<byte[], byte[]> newConsumer() {
        Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers(),
                        "group.id",
                        GROUP,
                        "group.protocol",
                        "consumer",
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false,
                        "isolation.level",
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.subscribe(List.of(kafkaTopic));
        return consumer;
    }

    /** The producer of a peer that makes its own. */
    Producer<byte[], byte[]> newProducer() {
        Map<String, Object> properties = new HashMap<>(PRODUCER_PROPERTIES);
        properties.put("bootstrap.servers", bootstrapServers());
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
