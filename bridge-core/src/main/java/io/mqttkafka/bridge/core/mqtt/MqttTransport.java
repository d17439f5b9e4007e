package io.mqttkafka.bridge.core.mqtt;

import io.mqttkafka.bridge.config.MqttOptions;
import org.jspecify.annotations.Nullable;

/** Makes connections to an MQTT broker. */
@FunctionalInterface
public interface MqttTransport {
    /**
     * Makes one connection. The handler hears of everything that arrives from the first byte on.
     *
     * @param options how to connect
     * @param will what the broker publishes if the connection breaks, or null
     * @param clientId the client id
     * @param handler what to do with what arrives
     * @return the connection, accepted by the broker
     * @throws MqttConnectException if none could be made; the handler hears nothing more
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    MqttConnection connect(MqttOptions options, @Nullable Will will, String clientId, InboundHandler handler)
            throws MqttConnectException, InterruptedException;

    /**
     * Makes one connection without a will.
     *
     * @param options how to connect
     * @param clientId the client id
     * @param handler what to do with what arrives
     * @return the connection, accepted by the broker
     * @throws MqttConnectException if none could be made; the handler hears nothing more
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    default MqttConnection connect(MqttOptions options, String clientId, InboundHandler handler)
            throws MqttConnectException, InterruptedException {
        return connect(options, null, clientId, handler);
    }
}
