package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;

/**
 * The properties of the bridge's consumers: what its promises need, the user's, and defaults for the rest.
 */
final class ConsumerSettings {
    private static final long MOST_FETCH_BYTES = 16L * 1024 * 1024;
    private static final long LEAST_FETCH_BYTES = 1024 * 1024;

    /** Properties that only the classic protocol knows: who sets one wants that protocol. */
    private static final Set<String> CLASSIC_ONLY = Set.of(
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);

    private ConsumerSettings() {}

    /** Says whether the user leaves the choice of the group protocol to us. */
    static boolean choosesProtocol(KafkaOptions kafka) {
        return !kafka.consumer().containsKey(ConsumerConfig.GROUP_PROTOCOL_CONFIG)
                && !kafka.client().containsKey(ConsumerConfig.GROUP_PROTOCOL_CONFIG)
                && CLASSIC_ONLY.stream().noneMatch(kafka.consumer()::containsKey);
    }

    /** A consumer holds what one answer of each broker brings: a sixteenth of the heap, or less. */
    static int fetchBytes(long heap) {
        return (int) Math.max(LEAST_FETCH_BYTES, Math.min(MOST_FETCH_BYTES, heap / 16));
    }

    static Map<String, Object> consumer(KafkaOptions kafka, String group, String clientId, boolean newProtocol) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                fetchBytes(Runtime.getRuntime().maxMemory()));
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bridge-" + clientId);
        properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5_000);
        properties.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, newProtocol ? "consumer" : "classic");
        properties.putAll(kafka.client());
        properties.putAll(kafka.consumer());
        if (properties.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG).toString().equalsIgnoreCase("classic")) {
            // Partitions that stay with a member are not interrupted when another one comes.
            properties.putIfAbsent(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        }
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return properties;
    }
}
