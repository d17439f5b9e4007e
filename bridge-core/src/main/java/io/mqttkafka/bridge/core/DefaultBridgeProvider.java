package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaClientsFinder;
import io.mqttkafka.bridge.core.kafka.KafkaVersion;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeProvider;
import java.util.ServiceLoader;

/** Makes bridges of real MQTT clients, and of real Kafka clients unless the address is of a Kafka within this JVM. Found by {@link java.util.ServiceLoader}. Thread-safe. */
public final class DefaultBridgeProvider implements BridgeProvider {
    /** Makes the provider. */
    public DefaultBridgeProvider() {}

    /** Leads to a Kafka within this JVM if one has that address, else to the one that the address leads to. */
    @Override
    public Bridge create(BridgeConfig config) {
        KafkaVersion.requireSupported();
        for (KafkaClientsFinder finder :
                ServiceLoader.load(KafkaClientsFinder.class, DefaultBridgeProvider.class.getClassLoader())) {
            KafkaClients found = finder.find(config.kafka());
            if (found != null) {
                return new DefaultBridge(
                        config, new SocketTransport(), found, finder.clock(config.kafka()), Failpoints.NONE);
            }
        }
        return new DefaultBridge(config, new SocketTransport(), KafkaClients.REAL);
    }
}
