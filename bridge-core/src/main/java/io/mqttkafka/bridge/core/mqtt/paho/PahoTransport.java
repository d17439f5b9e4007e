package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.Will;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Connects with Eclipse Paho. Every attempt gets a client of its own, which is never used again: a Paho client that has
 * lost a connection keeps state that hangs or loses the next one.
 *
 * <p>Thread-safe.
 */
public final class PahoTransport implements MqttTransport {
    /** Where to begin after a broker that accepted a client and was of no use; else a turn begins with the first. */
    private final Map<String, Integer> nextTurn = new ConcurrentHashMap<>();

    /** Makes the transport. */
    public PahoTransport() {}

    @Override
    public MqttConnection connect(MqttOptions options, @Nullable Will will, String clientId, InboundHandler handler)
            throws MqttConnectException, InterruptedException {
        List<URI> uris = options.serverUris();
        int begin = nextTurn.getOrDefault(clientId, 0) % uris.size();
        MqttConnectException first = null;
        for (int i = 0; i < uris.size(); i++) {
            int at = (begin + i) % uris.size();
            AtomicBoolean told = new AtomicBoolean();
            try {
                PahoConnection connection = PahoConnection.open(uris.get(at), options, will, clientId, handler, told);
                if (connection.isOver()) {
                    nextTurn.put(clientId, at + 1);
                } else {
                    nextTurn.remove(clientId);
                }
                return connection;
            } catch (MqttConnectException e) {
                first = worse(first, e);
                if (told.get()) {
                    // The handler has a connection that has ended, and must be done with it before it is given another.
                    nextTurn.put(clientId, at + 1);
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
