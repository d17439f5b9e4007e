package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import org.apache.kafka.clients.producer.ProducerConfig;

/** What the clients of Kafka take, as far as the options say. */
public final class KafkaLimits {
    private static final int DEFAULT_REQUEST_BYTES = 1024 * 1024;

    private KafkaLimits() {}

    /**
     * Says how large a record the producer takes: key, value, headers, and some 100 bytes.
     *
     * @param kafka the options
     * @return bytes; {@code max.request.size}
     * @throws BridgeConfigException if that is no number
     */
    public static long largestRecord(KafkaOptions kafka) {
        Object own = kafka.producer().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
        Object value = own == null ? kafka.client().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG) : own;
        if (value == null) {
            return DEFAULT_REQUEST_BYTES;
        }
        try {
            return Long.parseLong(value.toString().strip());
        } catch (NumberFormatException e) {
            throw new BridgeConfigException(
                    "kafka.producer: " + ProducerConfig.MAX_REQUEST_SIZE_CONFIG + "=" + value + " is not a number", e);
        }
    }
}
