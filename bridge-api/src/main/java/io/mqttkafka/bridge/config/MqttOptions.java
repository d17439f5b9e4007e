package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.Once;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT side of a bridge.
 *
 * <p>Immutable. Secrets never appear in {@link #toString()}.
 */
public final class MqttOptions {
    /** The value of a limit that the bridge derives from what it meets when it is built: Kafka's limits, or the heap. */
    public static final int DERIVED = 0;

    /** The session expiry that means never, as on the wire. */
    public static final Duration NEVER = Duration.ofSeconds(0xFFFF_FFFFL);

    private static final Duration SHORTEST_KEEP_ALIVE = Duration.ofSeconds(2);
    private static final Duration LONGEST_KEEP_ALIVE = Duration.ofSeconds(65_535);
    private static final Duration SHORTEST_CONNECT = Duration.ofSeconds(1);
    private static final Duration LONGEST_CONNECT = Duration.ofMinutes(10);
    private static final int LONGEST_STRING = 65_535;
    private static final int LARGEST_PACKET = 268_435_455;
    private static final int MOST_USER_PROPERTIES = 1_000_000;

    private final List<URI> serverUris;
    private final @Nullable String clientId;
    private final @Nullable String username;
    private final @Nullable Secret password;
    private final boolean cleanStart;
    private final Duration sessionExpiry;
    private final Duration keepAlive;
    private final Duration connectTimeout;
    private final int receiveMaximum;
    private final int sendMaximum;
    private final int maximumPacketSize;
    private final long maxInFlightBytes;
    private final int maxUserProperties;
    private final int maxUserPropertyBytes;
    private final Qos0Overflow qos0Overflow;
    private final Unrouted unrouted;
    private final List<String> unsubscribe;
    private final Backoff reconnect;
    private final @Nullable TlsOptions tls;
    private final @Nullable Supplier<String> serverUriSource;
    private final MqttVersion version;

    private MqttOptions(Builder builder) {
        serverUris = List.copyOf(builder.serverUris);
        clientId = builder.clientId;
        username = builder.username;
        password = builder.password;
        cleanStart = builder.cleanStart;
        sessionExpiry = builder.sessionExpiry;
        keepAlive = builder.keepAlive;
        connectTimeout = builder.connectTimeout;
        receiveMaximum = builder.receiveMaximum;
        sendMaximum = builder.sendMaximum;
        maximumPacketSize = builder.maximumPacketSize;
        maxInFlightBytes = builder.maxInFlightBytes;
        maxUserProperties = builder.maxUserProperties;
        maxUserPropertyBytes = builder.maxUserPropertyBytes;
        qos0Overflow = builder.qos0Overflow;
        unrouted = builder.unrouted;
        unsubscribe = List.copyOf(builder.unsubscribe);
        reconnect = builder.reconnect;
        serverUriSource = builder.serverUriSource;
        version = builder.version;
        if (serverUris.isEmpty() && serverUriSource == null) {
            throw new BridgeConfigException(
                    "mqtt.serverUri: is not set; add .serverUri(\"tcp://broker:1883\") to mqtt(..)");
        }
        boolean secure = serverUriSource != null
                || serverUris.stream().anyMatch(uri -> ServerAddress.of(uri).secure());
        if (builder.tls != null && !secure) {
            throw new BridgeConfigException(
                    "mqtt.tls: is set, but no server URI of " + shown(serverUris) + " uses TLS; use ssl:// or wss://");
        }
        tls = builder.tls == null && secure ? TlsOptions.defaults() : builder.tls;
        if (maxInFlightBytes != DERIVED && maxInFlightBytes < maximumPacketSize) {
            throw new BridgeConfigException("mqtt.maxInFlightBytes: " + maxInFlightBytes
                    + " is less than mqtt.maximumPacketSize " + maximumPacketSize
                    + "; raise the one or lower the other");
        }
    }

    /**
     * Starts with the defaults.
     *
     * @return a builder without a server
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts with these options, each of which can be set anew once; servers and filters to unsubscribe add up.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return the brokers to try, in order} */
    public List<URI> serverUris() {
        return serverUris;
    }

    /** {@return the client id of routes without one of their own; null for a random one, with which only routes of QoS 0 are allowed} */
    public @Nullable String clientId() {
        return clientId;
    }

    /** {@return the user name, or null} */
    public @Nullable String username() {
        return username;
    }

    /** {@return the password, or null} */
    public @Nullable Secret password() {
        return password;
    }

    /** {@return whether to throw the session away at every connect; only allowed if all routes have QoS 0} */
    public boolean cleanStart() {
        return cleanStart;
    }

    /** {@return how long the broker keeps the session of a bridge that is away} */
    public Duration sessionExpiry() {
        return sessionExpiry;
    }

    /** {@return the longest silence on the connection before it counts as dead} */
    public Duration keepAlive() {
        return keepAlive;
    }

    /** {@return how long one attempt to connect may take, and how long the broker may be silent before it answers to subscribing} */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** {@return the most messages of QoS 1 and 2 that wait for their acknowledgement} */
    public int receiveMaximum() {
        return receiveMaximum;
    }

    /** {@return the most messages of QoS 1 and 2 published that wait for the broker to take them over} */
    public int sendMaximum() {
        return sendMaximum;
    }

    /** {@return the largest packet the broker may send, in bytes; {@link #DERIVED} to follow Kafka's limits} */
    public int maximumPacketSize() {
        return maximumPacketSize;
    }

    /** {@return the most bytes of messages that wait for Kafka, and the most that wait for the MQTT broker; {@link #DERIVED} to follow the heap} */
    public long maxInFlightBytes() {
        return maxInFlightBytes;
    }

    /** {@return the most user properties of one message, in either direction} */
    public int maxUserProperties() {
        return maxUserProperties;
    }

    /** {@return the most bytes that their names and values have together} */
    public int maxUserPropertyBytes() {
        return maxUserPropertyBytes;
    }

    /** {@return what happens to QoS 0 when there is no room for it} */
    public Qos0Overflow qos0Overflow() {
        return qos0Overflow;
    }

    /** {@return what happens to messages that no route matches} */
    public Unrouted unrouted() {
        return unrouted;
    }

    /** {@return filters of earlier routes to remove from the session at every connect} */
    public List<String> unsubscribe() {
        return unsubscribe;
    }

    /** {@return the delays between attempts to connect} */
    public Backoff reconnect() {
        return reconnect;
    }

    /** {@return TLS options; null if no server URI asks for TLS} */
    public @Nullable TlsOptions tls() {
        return tls;
    }

    /** {@return where to ask for a server URI at every connect, which is tried before the others; or null} */
    public @Nullable Supplier<String> serverUriSource() {
        return serverUriSource;
    }

    /** {@return the version of MQTT to speak} */
    public MqttVersion version() {
        return version;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MqttOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(
                serverUris,
                clientId,
                username,
                password,
                cleanStart,
                sessionExpiry,
                keepAlive,
                connectTimeout,
                receiveMaximum,
                sendMaximum,
                maximumPacketSize,
                maxInFlightBytes,
                maxUserProperties,
                maxUserPropertyBytes,
                qos0Overflow,
                unrouted,
                unsubscribe,
                reconnect,
                tls,
                serverUriSource,
                version);
    }

    /**
     * Collects {@link MqttOptions}. Each option can be set once; servers and filters to unsubscribe add up. Not thread-safe.
     */
    public static final class Builder {
        private final Once once = new Once();
        private final List<URI> serverUris = new ArrayList<>();
        private @Nullable String clientId;
        private @Nullable String username;
        private @Nullable Secret password;
        private boolean cleanStart;
        private Duration sessionExpiry = Duration.ofDays(7);
        private Duration keepAlive = Duration.ofSeconds(30);
        private Duration connectTimeout = Duration.ofSeconds(10);
        private int receiveMaximum = 4096;
        private int sendMaximum = 4096;
        private int maximumPacketSize = DERIVED;
        private long maxInFlightBytes = DERIVED;
        private int maxUserProperties = 64;
        private int maxUserPropertyBytes = 16 * 1024;
        private Qos0Overflow qos0Overflow = Qos0Overflow.SHED;
        private Unrouted unrouted = Unrouted.STOP;
        private final List<String> unsubscribe = new ArrayList<>();
        private Backoff reconnect = Backoff.exponential(Duration.ofMillis(200), Duration.ofSeconds(30));
        private @Nullable TlsOptions tls;
        private @Nullable Supplier<String> serverUriSource;
        private MqttVersion version = MqttVersion.V5;

        private Builder() {}

        private Builder(MqttOptions options) {
            serverUris.addAll(options.serverUris);
            clientId = options.clientId;
            username = options.username;
            password = options.password;
            cleanStart = options.cleanStart;
            sessionExpiry = options.sessionExpiry;
            keepAlive = options.keepAlive;
            connectTimeout = options.connectTimeout;
            receiveMaximum = options.receiveMaximum;
            sendMaximum = options.sendMaximum;
            maximumPacketSize = options.maximumPacketSize;
            maxInFlightBytes = options.maxInFlightBytes;
            maxUserProperties = options.maxUserProperties;
            maxUserPropertyBytes = options.maxUserPropertyBytes;
            qos0Overflow = options.qos0Overflow;
            unrouted = options.unrouted;
            unsubscribe.addAll(options.unsubscribe);
            reconnect = options.reconnect;
            tls = options.tls;
            serverUriSource = options.serverUriSource;
            version = options.version;
        }

        /**
         * Sets the version of MQTT to speak. What 3.1.1 takes away is refused when the bridge is built, or said in {@code
         * Bridge.guarantees()}. Default: {@link MqttVersion#V5}.
         *
         * @param version the version
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder version(MqttVersion version) {
            this.version = once.set("mqtt.version", Objects.requireNonNull(version, "version"));
            return this;
        }

        /**
         * Adds a broker. Several are tried in the order in which they were added. At least one is needed.
         *
         * @param uri {@code tcp://host:1883}, {@code ssl://host:8883}, {@code ws://host/path} or {@code wss://host/path};
         *     {@code mqtt} and {@code mqtts} stand for {@code tcp} and {@code ssl}. Without a port, 1883, 8883, 80 and 443.
         *     Only WebSocket can have a path and a query
         * @return this
         * @throws IllegalArgumentException if it is not such a URI, or holds a user name or password
         */
        public Builder serverUri(String uri) {
            URI checked = ServerAddress.uri(uri);
            ServerAddress.of(checked);
            serverUris.add(checked);
            return this;
        }

        /**
         * Asks for the address of a broker at every connect, as for a WebSocket URL whose signature expires. It is tried before
         * those that are set. Default: none.
         *
         * @param source gives a URI as {@link #serverUri(String)} takes it; called by one thread of the bridge for each
         *     connection, must not block for long. If it throws, or gives no such URI, that attempt fails and is repeated
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder serverUri(Supplier<String> source) {
            serverUriSource = Objects.requireNonNull(source, "source");
            once.note("mqtt.serverUri", "a supplier");
            return this;
        }

        /**
         * Sets the client id, which names the MQTT session. Needed for QoS 1 and 2: it must stay the same over restarts,
         * and no other client may use it. Default: a random one, allowed if all routes have QoS 0.
         *
         * @param id 1 to 65,535 bytes of UTF-8, not blank, without U+0000; other control characters, such as the end of a line, are
         *     refused when the bridge is built
         * @return this
         * @throws IllegalArgumentException if blank, too long or with U+0000
         * @throws IllegalStateException if set before
         */
        public Builder clientId(String id) {
            clientId = once.set("mqtt.clientId", requireClientId(id));
            return this;
        }

        /**
         * Sets user name and password. Default: none. Over {@code tcp} and {@code ws} they cross the network in the clear.
         *
         * @param username the user name, at most 65,535 bytes of UTF-8, without U+0000; other control characters, such as the end
         *     of a line, are refused when the bridge is built
         * @param password the password, at most 65,535 bytes of UTF-8, or null if there is none
         * @return this
         * @throws IllegalArgumentException if one is too long, or the user name holds U+0000
         * @throws IllegalStateException if set before
         */
        public Builder credentials(String username, @Nullable String password) {
            requireUsername(Objects.requireNonNull(username, "username"));
            Secret secret = password == null ? null : new Secret(password);
            requirePassword(secret);
            this.username = once.set("mqtt.credentials", username);
            if (secret != null) {
                this.password = setPassword(secret);
            } else if (!once.isSet("mqtt.password")) {
                this.password = null;
            }
            return this;
        }

        /**
         * Asks for the password at every connect, as for a token that expires. The user name is that of {@link #credentials},
         * called with a password of null, or none.
         *
         * @param source gives the password, at most 65,535 bytes of UTF-8; called by one thread of the bridge for each
         *     connection, must not block for long. If it throws or gives null, that attempt fails and is repeated
         * @return this
         * @throws IllegalStateException if a password was set before
         */
        public Builder password(Supplier<String> source) {
            password = setPassword(Secret.from(source));
            return this;
        }

        /**
         * Reads the password from a file at every connect, so that one that is replaced is picked up. The user name is that of
         * {@link #credentials}, called with a password of null, or none.
         *
         * @param file a file in UTF-8; ends of line at its end do not count. If it cannot be read, that attempt fails and is
         *     repeated
         * @return this
         * @throws IllegalStateException if a password was set before
         */
        public Builder password(Path file) {
            password = setPassword(Secret.file(file));
            return this;
        }

        /**
         * Throws the session away at every connect: what was published while the bridge was away is lost. Refused if a
         * route asks for QoS 1 or 2. Default: false.
         *
         * @param cleanStart whether to do so
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder cleanStart(boolean cleanStart) {
            this.cleanStart = once.set("mqtt.cleanStart", cleanStart);
            return this;
        }

        /**
         * Sets how long the broker keeps the session, and queues, while the bridge is away. Longer than the longest outage
         * to survive. 0 is refused if a route asks for QoS 1 or 2. Default: 7 days.
         *
         * @param expiry from 0 to {@link MqttOptions#NEVER}, in whole seconds
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder sessionExpiry(Duration expiry) {
            sessionExpiry = once.set("mqtt.sessionExpiry", inRange("mqtt.sessionExpiry", expiry, Duration.ZERO, NEVER));
            return this;
        }

        /**
         * Sets the longest silence on the connection before it counts as dead. Default: 30 seconds.
         *
         * @param keepAlive from 2 seconds to 65,535 seconds, in whole seconds
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder keepAlive(Duration keepAlive) {
            this.keepAlive = once.set(
                    "mqtt.keepAlive", inRange("mqtt.keepAlive", keepAlive, SHORTEST_KEEP_ALIVE, LONGEST_KEEP_ALIVE));
            return this;
        }

        /**
         * Sets how long one attempt to connect may take. The answer to subscribing can lie behind a long backlog: for it this
         * is how long nothing at all may arrive. Default: 10 seconds.
         *
         * @param timeout from 1 second to 10 minutes, in whole seconds
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = once.set(
                    "mqtt.connectTimeout", inRange("mqtt.connectTimeout", timeout, SHORTEST_CONNECT, LONGEST_CONNECT));
            return this;
        }

        /**
         * Sets the window: the most messages of QoS 1 and 2 that wait for their acknowledgement. When it is full the MQTT
         * broker queues; one that sends more all the same is not read meanwhile. At most so many messages can be repeated after a crash. Default: 4096.
         *
         * @param messages from 1 to 65,535
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder receiveMaximum(int messages) {
            receiveMaximum = once.set(
                    "mqtt.receiveMaximum", (int) inRange("mqtt.receiveMaximum", messages, 1, 65_535, "messages"));
            return this;
        }

        /**
         * Sets the window of routes from Kafka: the most messages of QoS 1 and 2 published on one connection that wait for the
         * broker's PUBACK or PUBCOMP. A smaller receive maximum of the broker counts instead. At most so many messages can be
         * repeated after a crash. Above 16,384 (exactly once) or 32,767 (the others) it has no effect. Default: 4096.
         *
         * @param messages from 1 to 65,535
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder sendMaximum(int messages) {
            sendMaximum =
                    once.set("mqtt.sendMaximum", (int) inRange("mqtt.sendMaximum", messages, 1, 65_535, "messages"));
            return this;
        }

        /**
         * Sets the largest packet that the MQTT broker may send. It drops larger ones itself: the publisher is told that all is
         * well, and the bridge is told nothing. Default: {@link MqttOptions#DERIVED}, which is the largest record that Kafka's
         * producer takes ({@code max.request.size}, 1 MiB unless set) and 256 KiB for what is not in the record, so that what is too large for
         * Kafka fails by the policy of its route; less only where an eighth of the heap is less.
         *
         * @param bytes from 1 KiB to 256 MiB - 1, or {@link MqttOptions#DERIVED}
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder maximumPacketSize(int bytes) {
            maximumPacketSize = once.set(
                    "mqtt.maximumPacketSize",
                    bytes == DERIVED
                            ? DERIVED
                            : (int) inRange("mqtt.maximumPacketSize", bytes, 1024, LARGEST_PACKET, "bytes"));
            return this;
        }

        /**
         * Sets the most bytes of messages that wait for Kafka, per connection, counted as what they take on the heap: once for each
         * route that takes a message its packet, 128 bytes and 112 for each user property, what the route makes of its topic (levels,
         * key, Kafka topic), and its record while that waits for a transaction. While so many wait, the connection is not read;
         * if that lasts for a quarter of the keep-alive the connection is closed, unacknowledged, until half of them are through.
         * Messages of QoS 0 get half of it. Bounds what waits for the MQTT broker as well, packets and the records they were made of.
         * Must be at least {@code maximumPacketSize}. Default: {@link MqttOptions#DERIVED}, a sixteenth of the heap but at most
         * 16 MiB, and an eighth of the heap for all connections of a bridge; at least one packet.
         *
         * @param bytes from 1 KiB to 1 TiB, or {@link MqttOptions#DERIVED}
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder maxInFlightBytes(long bytes) {
            maxInFlightBytes = once.set(
                    "mqtt.maxInFlightBytes",
                    bytes == DERIVED ? DERIVED : inRange("mqtt.maxInFlightBytes", bytes, 1024, 1L << 40, "bytes"));
            return this;
        }

        /**
         * Sets the most user properties that one message may have; of a record from Kafka, the most headers that become such. One
         * with more fails by the policy of its route: a dead letter has its payload, and its first properties up to the limit. An empty
         * property has five bytes on the wire and takes twenty times as much on the heap. Default: 64.
         *
         * @param properties from 0 to 1,000,000
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder maxUserProperties(int properties) {
            maxUserProperties = once.set("mqtt.maxUserProperties", (int)
                    inRange("mqtt.maxUserProperties", properties, 0, MOST_USER_PROPERTIES, "properties"));
            return this;
        }

        /**
         * Sets the most bytes of UTF-8 that names and values of the user properties of one message may have together, as {@link
         * #maxUserProperties} does their number. Default: 16 KiB.
         *
         * @param bytes from 0 to 256 MiB - 1
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder maxUserPropertyBytes(int bytes) {
            maxUserPropertyBytes = once.set("mqtt.maxUserPropertyBytes", (int)
                    inRange("mqtt.maxUserPropertyBytes", bytes, 0, LARGEST_PACKET, "bytes"));
            return this;
        }

        /**
         * Sets what happens to QoS 0 when there is no room for it. Default: {@link Qos0Overflow#SHED}.
         *
         * @param overflow the choice
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder qos0Overflow(Qos0Overflow overflow) {
            qos0Overflow = once.set("mqtt.qos0Overflow", Objects.requireNonNull(overflow, "overflow"));
            return this;
        }

        /**
         * Sets what happens to messages that no route matches. Default: {@link Unrouted#STOP}.
         *
         * @param choice the choice
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder unrouted(Unrouted choice) {
            unrouted = once.set("mqtt.unrouted", Objects.requireNonNull(choice, "choice"));
            return this;
        }

        /**
         * Removes a filter of an earlier route from the session at every connect, unless a route of that connection subscribes
         * to it. What the broker still sends under it is acknowledged and counted as unrouted: it is lost. Can be called
         * repeatedly. An illegal filter, or one that every connection subscribes to, is refused when the bridge is built.
         *
         * @param filter the filter of the earlier route
         * @return this
         */
        public Builder unsubscribe(String filter) {
            unsubscribe.add(Objects.requireNonNull(filter, "filter"));
            return this;
        }

        /**
         * Sets the delays between attempts to connect. Default: from 200 milliseconds to 30 seconds.
         *
         * @param backoff the delays
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder reconnect(Backoff backoff) {
            reconnect = once.set("mqtt.reconnect", Objects.requireNonNull(backoff, "backoff"));
            return this;
        }

        /**
         * Sets TLS options for {@code ssl} and {@code wss}. Default: trust what Java trusts.
         *
         * @param options sets the options
         * @return this
         * @throws BridgeConfigException if a file cannot be read
         * @throws IllegalStateException if set before
         */
        public Builder tls(Consumer<TlsOptions.Builder> options) {
            TlsOptions.Builder builder = TlsOptions.builder();
            options.accept(builder);
            return tls(builder.build());
        }

        /**
         * Sets TLS options for {@code ssl} and {@code wss}. Default: {@link TlsOptions#defaults()}.
         *
         * @param options the options
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder tls(TlsOptions options) {
            tls = once.set("mqtt.tls", Objects.requireNonNull(options, "options"));
            return this;
        }

        private Secret setPassword(Secret secret) {
            return once.set("mqtt.password", secret);
        }

        /**
         * Builds the options.
         *
         * @return the options
         * @throws BridgeConfigException if there is no server, if TLS options are given without a server that uses them, or
         *     if {@code maxInFlightBytes} is less than {@code maximumPacketSize} and neither is derived
         */
        public MqttOptions build() {
            return new MqttOptions(this);
        }
    }

    /** Shows all options; the password as asterisks, and of the server URIs no query, which can hold a signature. */
    @Override
    public String toString() {
        return "MqttOptions[serverUris=" + shown(serverUris) + ", clientId=" + clientId + ", username=" + username
                + ", password=" + password + ", cleanStart=" + cleanStart + ", sessionExpiry=" + sessionExpiry
                + ", keepAlive=" + keepAlive + ", connectTimeout=" + connectTimeout + ", receiveMaximum="
                + receiveMaximum + ", sendMaximum=" + sendMaximum + ", maximumPacketSize="
                + shown(maximumPacketSize) + ", maxInFlightBytes=" + shown(maxInFlightBytes) + ", maxUserProperties="
                + maxUserProperties + ", maxUserPropertyBytes=" + maxUserPropertyBytes + ", qos0Overflow="
                + qos0Overflow + ", unrouted=" + unrouted + ", unsubscribe="
                + unsubscribe + ", reconnect=" + reconnect + ", tls=" + tls + ", serverUriSource="
                + (serverUriSource == null ? "null" : "****") + ", version=" + version + "]";
    }

    private static String shown(long limit) {
        return limit == DERIVED ? "derived" : Long.toString(limit);
    }

    private static String requireClientId(String id) {
        if (id.isBlank() || id.indexOf('\0') >= 0 || utf8Length(id) > LONGEST_STRING) {
            throw new IllegalArgumentException("mqtt.clientId: '" + shorten(id) + "' must be 1 to " + LONGEST_STRING
                    + " bytes of UTF-8, not blank and without U+0000; choose a name that stays the same over restarts");
        }
        return id;
    }

    private static void requireUsername(@Nullable String username) {
        if (username != null && (username.indexOf('\0') >= 0 || utf8Length(username) > LONGEST_STRING)) {
            throw new IllegalArgumentException("mqtt.credentials: the user name '" + shorten(username)
                    + "' must be 0 to " + LONGEST_STRING + " bytes of UTF-8 without U+0000");
        }
    }

    private static void requirePassword(@Nullable Secret password) {
        if (password != null && !password.asked() && utf8Length(password.reveal()) > LONGEST_STRING) {
            throw new IllegalArgumentException(
                    "mqtt.credentials: the password must be 0 to " + LONGEST_STRING + " bytes of UTF-8");
        }
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static String shown(List<URI> uris) {
        return uris.stream()
                .map(uri -> ServerAddress.shown(uri.toString()))
                .toList()
                .toString();
    }

    private static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    private static Duration inRange(String option, Duration value, Duration least, Duration most) {
        Objects.requireNonNull(value, option);
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " must be from " + least + " to " + most);
        }
        if (value.getNano() != 0) {
            throw new IllegalArgumentException(option + ": " + value + " must be whole seconds");
        }
        return value;
    }

    private static long inRange(String option, long value, long least, long most, String unit) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    option + ": " + value + " must be from " + least + " to " + most + " " + unit);
        }
        return value;
    }
}
