package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Connects over TCP, TLS and WebSocket. Each connection has two threads: one reads, one looks after the time.
 *
 * <p>Thread-safe.
 */
public final class SocketTransport implements MqttTransport {
    private final Resolver resolver = new Resolver();

    /** Where to begin after a broker that accepted a client and was of no use; else a turn begins with the first. */
    private final Map<String, Integer> nextTurn = new ConcurrentHashMap<>();

    /** Makes the transport. */
    public SocketTransport() {}

    @Override
    public MqttConnection connect(MqttOptions options, @Nullable Will will, String clientId, InboundHandler handler)
            throws MqttConnectException, InterruptedException {
        List<ServerAddress> addresses = addresses(options);
        int begin = nextTurn.getOrDefault(clientId, 0) % addresses.size();
        MqttConnectException first = null;
        for (int i = 0; i < addresses.size(); i++) {
            int at = (begin + i) % addresses.size();
            AtomicBoolean told = new AtomicBoolean();
            try {
                SocketConnection connection =
                        SocketConnection.open(addresses.get(at), options, will, clientId, handler, resolver, told);
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
        throw Objects.requireNonNull(first, "no server URI");
    }

    /** The address that is asked for comes first. */
    private static List<ServerAddress> addresses(MqttOptions options) throws MqttConnectException {
        List<ServerAddress> addresses = new ArrayList<>();
        if (options.serverUriSource() != null) {
            try {
                addresses.add(ServerAddress.parse(options.serverUriSource().get()));
            } catch (RuntimeException e) {
                throw ConnectFailures.unasked("mqtt.serverUri", e);
            }
        }
        for (URI uri : options.serverUris()) {
            addresses.add(ServerAddress.of(uri));
        }
        return addresses;
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
