package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/**
 * The properties of the bridge's Kafka clients: what its promises need, the user's, and defaults for the rest.
 */
final class ProducerSettings {
    private static final int BATCH_BYTES = 64 * 1024;
    private static final long MOST_SPARE_BYTES = 8L * 1024 * 1024;
    private static final long LEAST_SPARE_BYTES = 2L * 1024 * 1024;
    private static final Duration LONGEST_BLOCK = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofDays(3650);
    private static final int DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
    private static final int DEFAULT_LINGER_MS = 5;
    private static final int TRANSACTION_RETRY_BACKOFF_MS = 5;
    private static final int DEFAULT_TRANSACTION_TIMEOUT_MS = 15_000;
    private static final int STATE_FETCH_MAX_WAIT_MS = 20;

    private ProducerSettings() {}

    static Map<String, Object> producer(KafkaOptions kafka, MqttOptions mqtt, String clientId) {
        Map<String, Object> properties = new HashMap<>();
        // The window's bytes, and room for partly filled batches.
        properties.put(
                ProducerConfig.BUFFER_MEMORY_CONFIG, mqtt.maxInFlightBytes() * 5 / 4 + spare(mqtt.maxInFlightBytes()));
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, DEFAULT_LINGER_MS);
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bridge-" + clientId);
        properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5_000);
        // A topic forgotten in a pause would be asked for by the reader, who would wait if Kafka hangs.
        properties.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, LONGEST_PAUSE.toMillis());
        properties.putAll(kafka.client());
        properties.putAll(kafka.producer());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // A blocked send holds up the reader, which must come back well before the keep-alive is over.
        properties.put(
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                Math.min(LONGEST_BLOCK.toMillis(), mqtt.keepAlive().toMillis() / 4));
        deliveryTimeout(properties, kafka.deliveryTimeout());
        requireRoom(properties, mqtt);
        return properties;
    }

    static Map<String, Object> transactional(
            KafkaOptions kafka, MqttOptions mqtt, String clientId, String transactionalId) {
        Map<String, Object> properties = producer(kafka, mqtt, clientId);
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bridge-" + clientId + "-qos2");
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        // Kafka answers a commit before it has written it everywhere, and puts off what follows too soon.
        properties.putIfAbsent(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, TRANSACTION_RETRY_BACKOFF_MS);
        // What a killed bridge leaves open holds up consumers, and others' start, for so long.
        properties.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, DEFAULT_TRANSACTION_TIMEOUT_MS);
        return properties;
    }

    static Duration transactionTimeout(Map<String, Object> properties) {
        return Duration.ofMillis(
                number(properties, ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, DEFAULT_TRANSACTION_TIMEOUT_MS));
    }

    static Map<String, Object> stateConsumer(KafkaOptions kafka, String clientId) {
        Map<String, Object> properties = new HashMap<>(kafka.client());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bridge-" + clientId + "-state");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // A consumer that is closed waits for the fetch under way, which at the end of the topic has nothing to bring.
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, STATE_FETCH_MAX_WAIT_MS);
        return properties;
    }

    /** Less of it where the window follows a small heap. */
    private static long spare(long window) {
        return Math.max(LEAST_SPARE_BYTES, Math.min(MOST_SPARE_BYTES, window / 2));
    }

    private static void deliveryTimeout(Map<String, Object> properties, @Nullable Duration timeout) {
        if (timeout == null) {
            properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
            return;
        }
        int total = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
        long linger = number(properties, ProducerConfig.LINGER_MS_CONFIG, DEFAULT_LINGER_MS);
        long request = number(properties, CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, DEFAULT_REQUEST_TIMEOUT_MS);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, total);
        // Kafka wants a delivery to have time for at least one request.
        properties.put(
                CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) Math.max(1, Math.min(request, total - linger)));
    }

    private static void requireRoom(Map<String, Object> properties, MqttOptions mqtt) {
        long room = number(properties, ProducerConfig.BUFFER_MEMORY_CONFIG, 0);
        if (room < mqtt.maxInFlightBytes()) {
            throw new BridgeConfigException("kafka.producer: buffer.memory=" + room
                    + " is less than mqtt.maxInFlightBytes " + mqtt.maxInFlightBytes()
                    + ", so that a full window would block the reader; leave it out or lower mqtt.maxInFlightBytes");
        }
    }

    static Map<String, Object> admin(KafkaOptions kafka, String clientId) {
        Map<String, Object> properties = new HashMap<>(kafka.client());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bridge-" + clientId + "-admin");
        return properties;
    }

    private static long number(Map<String, Object> properties, String name, long otherwise) {
        Object value = properties.get(name);
        if (value == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(value.toString());
        } catch (NumberFormatException e) {
            throw new BridgeConfigException("kafka.producer: " + name + "=" + value + " is not a number", e);
        }
    }
}
