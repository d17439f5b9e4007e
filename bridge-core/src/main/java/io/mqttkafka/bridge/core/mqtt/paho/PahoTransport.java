package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.Will;
import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Connects with Eclipse Paho. Every attempt gets a client of its own, which is never used again: a Paho client that has
 * lost a connection keeps state that hangs or loses the next one.
 *
 * <p>Thread-safe.
 */
public final class PahoTransport implements MqttTransport {
    /** Makes the transport. */
    public PahoTransport() {}

    @Override
    public MqttConnection connect(MqttOptions options, @Nullable Will will, String clientId, InboundHandler handler)
            throws MqttConnectException, InterruptedException {
        MqttConnectException first = null;
        AtomicBoolean told = new AtomicBoolean();
        for (URI uri : options.serverUris()) {
            try {
                return PahoConnection.open(uri, options, will, clientId, handler, told);
            } catch (MqttConnectException e) {
                first = worse(first, e);
                if (told.get()) {
                    // The handler has a connection that has ended, and must be done with it before it is given another.
                    throw first;
                }
            }
        }
        if (first == null) {
            throw new IllegalStateException("no server URI");
        }
        throw first;
    }

    /** What cannot pass by itself is what the user needs to hear of. */
    private static MqttConnectException worse(@Nullable MqttConnectException before, MqttConnectException now) {
        if (before == null) {
            return now;
        }
        MqttConnectException told = before.passing() && !now.passing() ? now : before;
        told.addSuppressed(told == now ? before : now);
        return told;
    }
}
