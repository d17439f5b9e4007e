package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.error.BridgeConfigException;

/**
 * Makes bridges. Found by {@link java.util.ServiceLoader}; {@code bridge-core} registers one.
 *
 * <p>Implementations must be thread-safe.
 */
public interface BridgeProvider {
    /**
     * Makes a bridge.
     *
     * @param config what it consists of
     * @return the bridge, not started
     * @throws BridgeConfigException if something is illegal or does not fit
     */
    Bridge create(BridgeConfig config);
}
