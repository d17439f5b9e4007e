package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects over TCP, TLS and WebSocket. Each connection has two threads: one reads, one looks after the time.
 *
 * <p>Thread-safe.
 */
public final class SocketTransport implements MqttTransport {
    private static final Logger log = LoggerFactory.getLogger(SocketTransport.class);
    private static final int NORMAL_DISCONNECTION = 0;

    private final Resolver resolver = new Resolver();

    /** Which version the broker at an address has accepted, where it was to be found out. */
    private final Map<String, ProtocolVersion> spoken = new ConcurrentHashMap<>();

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
                        open(new Attempt(addresses.get(at), options, will, clientId, handler, told));
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

    /** One server to be connected to. */
    private record Attempt(
            ServerAddress address,
            MqttOptions options,
            @Nullable Will will,
            String clientId,
            InboundHandler handler,
            AtomicBoolean told) {}

    private SocketConnection open(Attempt attempt) throws MqttConnectException, InterruptedException {
        return switch (attempt.options().version()) {
            case V5 -> open(ProtocolVersion.V5, attempt);
            case V3_1_1 -> open(ProtocolVersion.V3_1_1, attempt);
            case AUTO -> openByEither(attempt);
        };
    }

    private SocketConnection openByEither(Attempt attempt) throws MqttConnectException, InterruptedException {
        String address = attempt.address().toString();
        ProtocolVersion known = spoken.get(address);
        if (known == ProtocolVersion.V3_1_1) {
            return open(known, attempt);
        }
        try {
            SocketConnection connection = open(ProtocolVersion.V5, attempt);
            spoken.put(address, ProtocolVersion.V5);
            return connection;
        } catch (MqttConnectException e) {
            // One that has spoken MQTT 5 hangs up for another reason.
            boolean older = e.kind() == MqttConnectException.Kind.VERSION
                    || (e.kind() == MqttConnectException.Kind.HUNG_UP && known == null);
            if (!older) {
                throw e;
            }
            return openByOlder(attempt, e);
        }
    }

    private SocketConnection openByOlder(Attempt attempt, MqttConnectException refusal)
            throws MqttConnectException, InterruptedException {
        try {
            SocketConnection connection = open(ProtocolVersion.V3_1_1, attempt);
            spoken.put(attempt.address().toString(), ProtocolVersion.V3_1_1);
            log.info(
                    "'{}': {} does not speak MQTT 5 ({}); from now on it is MQTT 3.1.1, as mqtt.version AUTO asks",
                    attempt.clientId(),
                    attempt.address(),
                    refusal.kind() == MqttConnectException.Kind.VERSION
                            ? "it refused the version"
                            : "it closed the connection instead of answering CONNECT");
            return connection;
        } catch (MqttConnectException e) {
            e.addSuppressed(refusal);
            throw e;
        }
    }

    private SocketConnection open(ProtocolVersion version, Attempt attempt)
            throws MqttConnectException, InterruptedException {
        MqttOptions options = attempt.options();
        if (!version.hasProperties()
                && options.cleanStart()
                && !options.sessionExpiry().isZero()) {
            throwSessionAway(version, attempt);
        }
        return SocketConnection.open(
                version,
                attempt.address(),
                options,
                attempt.will(),
                attempt.clientId(),
                attempt.handler(),
                resolver,
                attempt.told());
    }

    /** In MQTT 3.1.1 a session that is begun anew ends with its connection. The next one begins one that lasts. */
    private void throwSessionAway(ProtocolVersion version, Attempt attempt)
            throws MqttConnectException, InterruptedException {
        MqttOptions shortLived =
                attempt.options().toBuilder().sessionExpiry(Duration.ZERO).build();
        SocketConnection connection = SocketConnection.open(
                version,
                attempt.address(),
                shortLived,
                null,
                attempt.clientId(),
                new Nobody(),
                resolver,
                new AtomicBoolean());
        connection.disconnect(NORMAL_DISCONNECTION);
        connection.awaitReleased(shortLived.connectTimeout());
    }

    /** For a connection that is closed as soon as it is accepted. Nothing is acknowledged. */
    private static final class Nobody implements InboundHandler {
        @Override
        public void connecting() {
            // Nothing is remembered of it.
        }

        @Override
        public void connected(BrokerLimits limits, PacketOutput output) {
            // It has nothing to say.
        }

        @Override
        public void publish(PublishFrame frame) {
            // The session is new: who sends into it has subscribed in the same moment.
        }

        @Override
        public void release(int packetId) {
            // As above.
        }

        @Override
        public void closed(CloseReason reason) {
            // Whoever made it knows.
        }
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
