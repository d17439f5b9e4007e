package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.util.ServiceLoader;
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
     * Returns what makes the clients: a Kafka within this JVM if one has that address, else the one that the address leads to.
     *
     * @param options the Kafka side
     * @return what makes its clients
     */
    static KafkaClients clients(KafkaOptions options) {
        for (KafkaClientsFinder finder :
                ServiceLoader.load(KafkaClientsFinder.class, KafkaClientsFinder.class.getClassLoader())) {
            KafkaClients found = finder.find(options);
            if (found != null) {
                return found;
            }
        }
        return KafkaClients.REAL;
    }

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
