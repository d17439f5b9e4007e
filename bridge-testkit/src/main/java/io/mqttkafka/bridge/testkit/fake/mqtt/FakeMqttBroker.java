package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.netty.channel.socket.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT 5 and 3.1.1 broker within this JVM, on a real socket, that tells the test everything. It starts in a few
 * milliseconds, save for the first of a JVM, which loads the classes.
 *
 * <pre>{@code
 * try (FakeMqttBroker broker = FakeMqttBroker.start()) {
 *     client.connectTo(broker.serverUri());
 *     Publication published = broker.publish("sensors/7/temp", "21.5", 1);
 *     broker.awaitAcknowledged(published);
 * }
 * }</pre>
 *
 * <p>What is to go wrong is said by {@link #faults()}.
 *
 * <p>It has what the specification asks for: sessions and their expiry, QoS 0 to 2 both ways, retained messages, wills
 * and their delay, shared subscriptions, subscription options and identifiers, topic aliases, message expiry, receive
 * maximum, maximum packet size, keep-alive and takeover. It has no enhanced authentication: AUTH is refused.
 *
 * <p>All is kept in memory and survives {@link #restart()}. Each session queues at most 100,000 messages; what comes
 * after is dropped for that session. QoS 0 messages are dropped for clients that are not connected, and for those that
 * leave 16 MiB unread. A message whose topic several subscriptions of a session match is sent once, with the highest
 * QoS and all subscription identifiers. Messages waiting in the session of a member of a shared subscription stay there.
 *
 * <p>Needs {@code io.netty:netty-codec-mqtt}, and {@code io.netty:netty-handler} for TLS. Thread-safe.
 */
public final class FakeMqttBroker implements MqttBroker {

    /** How long the methods that wait do so. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final NettyFront front;
    private final Switchboard switchboard;
    private final boolean tls;
    private boolean running;

    private FakeMqttBroker(NettyFront front, Switchboard switchboard, boolean tls) {
        this.front = front;
        this.switchboard = switchboard;
        this.tls = tls;
    }

    /**
     * Starts a broker with the defaults and returns when it accepts clients.
     *
     * @throws IllegalStateException if {@code io.netty:netty-codec-mqtt} is not on the class path
     */
    public static FakeMqttBroker start() {
        return builder().start();
    }

    /**
     * Returns a builder for a broker that needs more than the defaults.
     *
     * @throws IllegalStateException if {@code io.netty:netty-codec-mqtt} is not on the class path
     */
    public static Builder builder() {
        requireNetty();
        return new Builder();
    }

    private static void requireNetty() {
        try {
            Class.forName("io.netty.handler.codec.mqtt.MqttDecoder", true, FakeMqttBroker.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new IllegalStateException(
                    "FakeMqttBroker: Netty is missing; add io.netty:netty-codec-mqtt to the class path of the tests",
                    e);
        }
    }

    @Override
    public int port() {
        return front.port();
    }

    /** {@inheritDoc} With TLS it starts with {@code ssl://}. */
    @Override
    public String serverUri() {
        return (tls ? "ssl://" : "tcp://") + host() + ":" + port();
    }

    /** {@inheritDoc} Clients are sent DISCONNECT with reason 0x8B first. */
    @Override
    public synchronized void stop() {
        if (running) {
            running = false;
            front.deafen();
            switchboard.disconnectAll();
            front.closeAll();
        }
    }

    /** {@inheritDoc} Sessions, messages and faults are as they were. */
    @Override
    public synchronized void restart() {
        stop();
        front.listen(switchboard);
        running = true;
    }

    @Override
    public synchronized void close() {
        stop();
        front.shutDown();
    }

    /** Returns the faults, to add some. */
    public FaultScript faults() {
        return switchboard.faults();
    }

    /**
     * Resets a client's connection (TCP RST) now.
     *
     * @throws IllegalStateException if the client is not connected
     */
    public void dropConnection(String clientId) {
        switchboard.tell(clientId, Line::reset);
    }

    /**
     * Sends a client DISCONNECT with this reason now, and closes its connection.
     *
     * @throws IllegalStateException if the client is not connected
     */
    public void disconnect(String clientId, int reasonCode) {
        switchboard.tell(clientId, line -> line.disconnect(reasonCode));
    }

    /** Forgets a client's session now, and closes its connection if it has one; does nothing if it has no session. */
    public void loseSession(String clientId) {
        switchboard.tell(core -> core.loseSession(clientId));
    }

    /** Publishes a message as if a client had done so. */
    public Publication publish(String topic, String payload, int qos) {
        return publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, false, MqttProperties.NONE);
    }

    /** Publishes a message as if a client had done so; its packet id, DUP flag and topic alias do not matter. */
    public Publication publish(PublishPacket message) {
        return publish(message.topic(), message.payload(), message.qos(), message.retain(), message.properties());
    }

    /**
     * Publishes a message as if a client had done so.
     *
     * @throws IllegalArgumentException if the topic is no topic name or the QoS is not within 0 to 2
     */
    public Publication publish(String topic, byte[] payload, int qos, boolean retain, MqttProperties properties) {
        if (!TopicFilters.isValidTopic(topic)) {
            throw new IllegalArgumentException("topic must be a topic name without wildcards, but is '" + topic + "'");
        }
        if (qos < 0 || qos > BrokerOptions.HIGHEST_QOS) {
            throw new IllegalArgumentException("qos must be within 0 to 2, but is " + qos);
        }
        Message message = Message.of(topic, payload, qos, retain, properties, switchboard.nanos());
        switchboard.tell(core -> core.publish(message));
        return message.publication();
    }

    /** Publishes a retained message of QoS 1 as if a client had done so. */
    public Publication publishRetained(String topic, String payload) {
        return publish(topic, payload.getBytes(StandardCharsets.UTF_8), 1, true, MqttProperties.NONE);
    }

    /**
     * Waits until every session a message went to has acknowledged it.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitAcknowledged(Publication publication) {
        awaitAcknowledged(publication, PATIENCE);
    }

    /**
     * Waits until every session a message went to has acknowledged it.
     *
     * @throws AssertionError if that does not happen in this time
     */
    public void awaitAcknowledged(Publication publication, Duration patience) {
        await(
                patience,
                publication::isAcknowledged,
                () -> "Expected the message to be acknowledged, but it has " + publication);
    }

    /**
     * Waits until nothing is on its way to a client any more: all that was sent is acknowledged, and nothing is queued.
     *
     * @throws AssertionError if no client of that id has ever connected, or that does not happen within {@link #PATIENCE}
     */
    public void awaitAllAcknowledged(String clientId) {
        awaitAllAcknowledged(clientId, PATIENCE);
    }

    /**
     * Waits until nothing is on its way to a client any more: all that was sent is acknowledged, and nothing is queued.
     *
     * @throws AssertionError if no client of that id has ever connected, or that does not happen in this time
     */
    public void awaitAllAcknowledged(String clientId, Duration patience) {
        await(
                patience,
                () -> hasSeen(clientId) && inFlight(clientId) == 0 && queued(clientId) == 0,
                () -> hasSeen(clientId)
                        ? "Expected '%s' to acknowledge all, but of %d in flight and %d queued it did not"
                                .formatted(clientId, inFlight(clientId), queued(clientId))
                        : "Expected '%s' to acknowledge all, but no client of that id has connected; connected are %s"
                                .formatted(clientId, connectedClients()));
    }

    private boolean hasSeen(String clientId) {
        return ofSession(clientId, false, session -> true)
                || packets().stream().anyMatch(packet -> packet.clientId().equals(clientId));
    }

    /**
     * Waits until a client is connected.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitConnected(String clientId) {
        await(
                PATIENCE,
                () -> connectedClients().contains(clientId),
                () -> "Expected '" + clientId + "' to be connected, but only " + connectedClients() + " are");
    }

    /**
     * Waits until a client is not connected.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitDisconnected(String clientId) {
        await(
                PATIENCE,
                () -> !connectedClients().contains(clientId),
                () -> "Expected '" + clientId + "' not to be connected, but it is");
    }

    /**
     * Waits until a client subscribes to this filter.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitSubscribed(String clientId, String filter) {
        await(
                PATIENCE,
                () -> subscriptions(clientId).stream()
                        .anyMatch(subscription -> subscription.filter().equals(filter)),
                () -> "Expected '%s' to subscribe to '%s', but it has %s"
                        .formatted(clientId, filter, subscriptions(clientId)));
    }

    /**
     * Waits until the packet log says something; the condition is asked after every packet.
     *
     * @throws AssertionError if that does not happen within {@link #PATIENCE}
     */
    public void awaitPackets(String what, Predicate<List<LoggedPacket>> condition) {
        awaitPackets(what, condition, PATIENCE);
    }

    /**
     * Waits until the packet log says something; the condition is asked after every packet.
     *
     * @throws AssertionError if that does not happen in this time
     */
    public void awaitPackets(String what, Predicate<List<LoggedPacket>> condition, Duration patience) {
        await(patience, () -> condition.test(packets()), () -> "Expected in the packet log: " + what);
    }

    /** Returns the ids of the clients that are connected. */
    public Set<String> connectedClients() {
        return switchboard.ask(core -> core.sessions().stream()
                .filter(session -> session.connection() != null)
                .map(Session::clientId)
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /**
     * Returns the sockets that are open, with or without a CONNECT, each as the packet log names it: {@code #3 edge-1}.
     */
    public List<String> openConnections() {
        return switchboard.openConnections();
    }

    /** Returns the ids of the clients that have a session, connected or not. */
    public Set<String> sessions() {
        return switchboard.ask(
                core -> core.sessions().stream().map(Session::clientId).collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Returns a client's subscriptions as they were granted; none if it has no session. */
    public List<SubscribePacket.Subscription> subscriptions(String clientId) {
        return ofSession(
                clientId,
                List.of(),
                session -> List.copyOf(session.subscriptions().values()));
    }

    /** Returns the payload of each topic's retained message. */
    public Map<String, byte[]> retained() {
        return switchboard.ask(core -> {
            Map<String, byte[]> retained = new TreeMap<>();
            core.retained().forEach(message -> retained.put(message.topic(), message.payload()));
            return retained;
        });
    }

    /**
     * Returns the messages that were sent to a client and that it has not acknowledged: by PUBACK, or by PUBCOMP. They
     * are in the order they were first sent in, and marked as duplicates.
     */
    public List<PublishPacket> unacknowledged(String clientId) {
        return ofSession(clientId, List.of(), Session::unacknowledged);
    }

    /** Returns how many messages wait to be sent to a client. */
    public int queued(String clientId) {
        return ofSession(clientId, 0, Session::queued);
    }

    /** Returns how many messages a client has acknowledged over the life of its session. */
    public long acknowledged(String clientId) {
        return ofSession(clientId, 0L, Session::acknowledged);
    }

    /** Returns how many messages for a client were dropped over the life of its session. */
    public long dropped(String clientId) {
        return ofSession(clientId, 0L, Session::dropped);
    }

    /** Returns the latest packets in order: up to 100,000 of them, and up to 32 MiB. */
    public List<LoggedPacket> packets() {
        return switchboard.packets();
    }

    /** Forgets the packets so far. */
    public void clearPackets() {
        switchboard.clearPackets();
    }

    /** Returns the latest packets, one a line, without payloads and passwords. */
    public String packetLog() {
        return switchboard.packetLog();
    }

    /**
     * Returns in words what clients did that the specification forbids, and errors of the broker itself: the latest
     * 1,000. A test that ends well finds none.
     */
    public List<String> violations() {
        return switchboard.violations();
    }

    private int inFlight(String clientId) {
        return ofSession(clientId, 0, session -> session.inFlight().size());
    }

    private <T> T ofSession(String clientId, T none, Function<Session, T> question) {
        return switchboard.ask(core -> core.session(clientId).map(question).orElse(none));
    }

    private void await(Duration patience, BooleanSupplier condition, Supplier<String> failure) {
        if (!switchboard.await(patience, condition)) {
            throw new AssertionError(
                    failure.get() + "\nLatest packets (<- from the client):\n" + switchboard.packetLog());
        }
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {

        private static final Consumer<SocketChannel> NO_TLS = channel -> {};

        private final Map<String, String> users = new LinkedHashMap<>();
        private @Nullable SelfSignedCertificate certificate;
        private @Nullable ManualClock clock;
        private int maximumQos = BrokerOptions.DEFAULTS.maximumQos();
        private int receiveMaximum = BrokerOptions.DEFAULTS.receiveMaximum();
        private long maximumPacketSize = BrokerOptions.DEFAULTS.maximumPacketSize();
        private int topicAliasMaximum = BrokerOptions.DEFAULTS.topicAliasMaximum();
        private int serverKeepAlive = BrokerOptions.DEFAULTS.serverKeepAlive();
        private long maximumSessionExpiry = BrokerOptions.DEFAULTS.maximumSessionExpiry();
        private VersionRule versions = VersionRule.BOTH;
        private int maxQueuedMessages = BrokerOptions.DEFAULTS.maxQueuedMessages();

        private Builder() {}

        /** Adds a user. As soon as there is one, clients without a user name and the right password are refused. */
        public Builder user(String name, String password) {
            users.put(name, password);
            return this;
        }

        /** Makes the broker speak TLS with this certificate. Default: plain TCP. */
        public Builder tls(SelfSignedCertificate certificate) {
            this.certificate = certificate;
            return this;
        }

        /**
         * Sets the clock that sessions, messages, wills and keep-alives live by. Default: the machine's.
         *
         * <p>{@link ManualClock#advance} returns when all that was due has happened in the broker, though its packets
         * may be on their way.
         */
        public Builder clock(ManualClock clock) {
            this.clock = clock;
            return this;
        }

        /**
         * Sets the highest QoS clients may publish with and are granted. Default: 2.
         *
         * @throws IllegalArgumentException if it is not within 0 to 2
         */
        public Builder maximumQos(int maximumQos) {
            this.maximumQos = (int) within("maximumQos", maximumQos, 0, BrokerOptions.HIGHEST_QOS);
            return this;
        }

        /**
         * Sets how many QoS 2 messages a client may have open, and announces it as the receive maximum. QoS 1 messages
         * never are: they are acknowledged at once. Default: 65535.
         *
         * @throws IllegalArgumentException if it is not within 1 to 65535
         */
        public Builder receiveMaximum(int receiveMaximum) {
            this.receiveMaximum = (int) within("receiveMaximum", receiveMaximum, 1, BrokerOptions.NO_RECEIVE_MAXIMUM);
            return this;
        }

        /**
         * Sets the largest packet clients may send, in bytes. Default: as large as MQTT allows.
         *
         * @throws IllegalArgumentException if it is not within 1 to 268435460
         */
        public Builder maximumPacketSize(int maximumPacketSize) {
            this.maximumPacketSize = within("maximumPacketSize", maximumPacketSize, 1, BrokerOptions.LARGEST_PACKET);
            return this;
        }

        /**
         * Sets how many topic aliases clients may use, and how many the broker uses with clients that allow it.
         * Default: 10.
         *
         * @throws IllegalArgumentException if it is not within 0 to 65535
         */
        public Builder topicAliasMaximum(int topicAliasMaximum) {
            this.topicAliasMaximum = (int) within("topicAliasMaximum", topicAliasMaximum, 0, 65_535);
            return this;
        }

        /**
         * Sets the keep-alive of all clients, in whole seconds; zero for none. Default: as each client says.
         *
         * @throws IllegalArgumentException if it is not within 0 to 65535 seconds
         */
        public Builder serverKeepAlive(Duration keepAlive) {
            this.serverKeepAlive = (int) within("serverKeepAlive in seconds", keepAlive.toSeconds(), 0, 65_535);
            return this;
        }

        /**
         * Sets how long sessions may outlive their connections, in whole seconds. Default: as each client says.
         *
         * @throws IllegalArgumentException if it is negative or has more than 4294967294 seconds
         */
        public Builder maximumSessionExpiry(Duration expiry) {
            this.maximumSessionExpiry =
                    within("maximumSessionExpiry in seconds", expiry.toSeconds(), 0, BrokerOptions.NEVER - 1);
            return this;
        }

        /**
         * Sets how many messages wait for each session before new ones are dropped. Default: 100,000.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxQueuedMessages(int maxQueuedMessages) {
            this.maxQueuedMessages = (int) within("maxQueuedMessages", maxQueuedMessages, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * Lets the broker speak MQTT 3.1.1 only. It answers clients of MQTT 5 with return code 1, as the standard says, or hangs up
         * on them, as many brokers do. Default: it speaks both.
         *
         * @param answers whether it answers
         */
        public Builder onlyMqtt311(boolean answers) {
            versions = answers ? VersionRule.REFUSE_5 : VersionRule.HANG_UP_ON_5;
            return this;
        }

        /** Starts the broker and returns when it accepts clients. */
        public FakeMqttBroker start() {
            SelfSignedCertificate shown = certificate;
            ManualClock manual = clock;
            NettyFront front =
                    new NettyFront((int) maximumPacketSize, shown == null ? NO_TLS : ServerTls.with(shown), versions);
            Switchboard switchboard = new Switchboard(
                    options(),
                    lock -> manual == null
                            ? LockedTimers.real(lock, front.executor())
                            : LockedTimers.manual(lock, manual));
            FakeMqttBroker broker = new FakeMqttBroker(front, switchboard, shown != null);
            try {
                broker.restart();
                return broker;
            } catch (RuntimeException | Error e) {
                broker.close();
                throw e;
            }
        }

        private BrokerOptions options() {
            return new BrokerOptions(
                    users,
                    maximumQos,
                    receiveMaximum,
                    maximumPacketSize,
                    topicAliasMaximum,
                    serverKeepAlive,
                    maximumSessionExpiry,
                    maxQueuedMessages,
                    announced());
        }

        private MqttProperties announced() {
            MqttProperties announced = MqttProperties.NONE;
            if (maximumQos < BrokerOptions.HIGHEST_QOS) {
                announced = announced.with(MqttProperty.MAXIMUM_QOS, maximumQos);
            }
            if (receiveMaximum < BrokerOptions.NO_RECEIVE_MAXIMUM) {
                announced = announced.with(MqttProperty.RECEIVE_MAXIMUM, receiveMaximum);
            }
            if (maximumPacketSize < BrokerOptions.LARGEST_PACKET) {
                announced = announced.with(MqttProperty.MAXIMUM_PACKET_SIZE, maximumPacketSize);
            }
            if (topicAliasMaximum > 0) {
                announced = announced.with(MqttProperty.TOPIC_ALIAS_MAXIMUM, topicAliasMaximum);
            }
            return serverKeepAlive < 0 ? announced : announced.with(MqttProperty.SERVER_KEEP_ALIVE, serverKeepAlive);
        }

        private static long within(String name, long value, long lowest, long highest) {
            if (value < lowest || value > highest) {
                throw new IllegalArgumentException(
                        "%s must be within %d to %d, but is %d".formatted(name, lowest, highest, value));
            }
            return value;
        }
    }
}
