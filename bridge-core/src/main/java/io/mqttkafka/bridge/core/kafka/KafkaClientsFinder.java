package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.time.BridgeClock;
import org.jspecify.annotations.Nullable;

/**
 * Knows Kafkas that are not reached over the network. Found by {@link java.util.ServiceLoader}; the testkit registers one.
 *
 * <p>Implementations must be thread-safe.
 */
@FunctionalInterface
public interface KafkaClientsFinder {
    /**
     * Looks for what makes the clients of the Kafka that the options name.
     *
     * @param options the Kafka side
     * @return what makes its clients; null if this is none of its Kafkas
     */
    @Nullable
    KafkaClients find(KafkaOptions options);

    /**
     * Says which time bridges live by that are led to a Kafka of this finder.
     *
     * @param options the Kafka side
     * @return the time
     */
    default BridgeClock clock(KafkaOptions options) {
        return BridgeClock.SYSTEM;
    }
}
