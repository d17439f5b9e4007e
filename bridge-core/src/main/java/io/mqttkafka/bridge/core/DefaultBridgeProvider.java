package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.config.BridgeConfig;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.mqtt.paho.PahoTransport;
import io.mqttkafka.bridge.spi.BridgeProvider;

/** Makes bridges of real clients. Found by {@link java.util.ServiceLoader}. Thread-safe. */
public final class DefaultBridgeProvider implements BridgeProvider {
    /** Makes the provider. */
    public DefaultBridgeProvider() {}

    @Override
    public Bridge create(BridgeConfig config) {
        return new DefaultBridge(config, new PahoTransport(), KafkaClients.REAL);
    }
}
