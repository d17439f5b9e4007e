package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Collects what differs from the defaults of a Kafka broker.
 *
 * <p>Not thread-safe.
 *
 * @param <K> the broker
 * @param <B> the builder itself
 */
abstract class KafkaBuilder<K extends KafkaBroker, B extends KafkaBuilder<K, B>> {

    private final Function<KafkaNode, K> broker;
    private final Map<String, String> properties = new LinkedHashMap<>();
    private @Nullable FaultProxy proxy;

    KafkaBuilder(Function<KafkaNode, K> broker) {
        this.broker = broker;
    }

    abstract B self();

    /** Sets a broker property, which wins over the default of the same name. */
    public B property(String name, String value) {
        properties.put(name, value);
        return self();
    }

    /**
     * Puts the proxy in front of the broker: clients that bootstrap at {@link FaultProxy#address()} reach the broker
     * through the proxy only, while {@link KafkaBroker#bootstrapServers()} still leads past it. Sets the proxy's target.
     */
    public B behind(FaultProxy proxy) {
        this.proxy = proxy;
        return self();
    }

    /** Starts the broker and returns when it serves clients. */
    public K start() {
        K kafka = broker.apply(KafkaNode.create(properties, proxy));
        try {
            kafka.restart();
            return kafka;
        } catch (RuntimeException | Error e) {
            kafka.close();
            throw e;
        }
    }
}
