package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.Once;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Kafka side of a bridge.
 *
 * <p>Immutable. {@link #toString()} shows the names of properties, never their values.
 */
public final class KafkaOptions {
    private static final Map<String, String> OWNED = Map.ofEntries(
            Map.entry("bootstrap.servers", "set it with kafka.bootstrapServers(..)"),
            Map.entry("key.serializer", "the bridge writes bytes; use .key(..) on the route"),
            Map.entry("value.serializer", "the bridge writes bytes; use a codec on the route"),
            Map.entry("key.deserializer", "the bridge reads bytes; use a codec on the route"),
            Map.entry("value.deserializer", "the bridge reads bytes; use a codec on the route"),
            Map.entry("partitioner.class", "use .partitioner(..) on the route"),
            Map.entry("partitioner.ignore.keys", "use .partitioner(..) on the route"),
            Map.entry("transactional.id", "the bridge makes it of the client id"),
            Map.entry("delivery.timeout.ms", "set it with kafka.deliveryTimeout(..)"),
            Map.entry("max.block.ms", "the bridge derives it from mqtt.keepAlive"),
            Map.entry("group.id", "set it with .group(..) on the route"),
            Map.entry("allow.auto.create.topics", "the bridge creates no topics by reading them"),
            Map.entry("enable.auto.commit", "the bridge commits offsets itself"),
            Map.entry("isolation.level", "the bridge reads committed records only"));
    private static final Set<String> DANGEROUS_LOGINS = Set.of("JndiLoginModule", "LdapLoginModule");
    private static final Set<String> OAUTH_URLS =
            Set.of("sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.jwks.endpoint.url");
    private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
    private static final Set<String> ALL_ACKS = Set.of("all", "-1");
    private static final Duration SHORTEST_DELIVERY = Duration.ofSeconds(1);
    private static final Duration LONGEST_DELIVERY = Duration.ofDays(24);

    private final List<String> bootstrapServers;
    private final Map<String, Object> client;
    private final Map<String, Object> producer;
    private final Map<String, Object> consumer;
    private final @Nullable Duration deliveryTimeout;
    private final TransactionOptions transactions;

    private KafkaOptions(Builder builder) {
        bootstrapServers = List.copyOf(builder.bootstrapServers);
        client = Map.copyOf(builder.client);
        producer = Map.copyOf(builder.producer);
        consumer = Map.copyOf(builder.consumer);
        deliveryTimeout = builder.deliveryTimeout;
        transactions = builder.transactions;
        if (bootstrapServers.isEmpty()) {
            throw new BridgeConfigException(
                    "kafka.bootstrapServers: is not set; add .bootstrapServers(\"kafka:9092\") to kafka(..)");
        }
    }

    /**
     * Starts with the defaults.
     *
     * @return a builder without servers
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String toString() {
        return "KafkaOptions[bootstrapServers=" + bootstrapServers + ", client=" + new TreeSet<>(client.keySet())
                + ", producer=" + new TreeSet<>(producer.keySet()) + ", consumer=" + new TreeSet<>(consumer.keySet())
                + ", deliveryTimeout=" + deliveryTimeout
                + ", transactions=" + transactions + "]";
    }

    /**
     * Starts with these options, each of which can be set anew once; servers add up.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return the brokers to ask first, {@code host:port}} */
    public List<String> bootstrapServers() {
        return bootstrapServers;
    }

    /** {@return properties for every Kafka client of the bridge, such as {@code security.protocol}} */
    public Map<String, Object> client() {
        return client;
    }

    /** {@return properties for producers only, such as {@code compression.type}} */
    public Map<String, Object> producer() {
        return producer;
    }

    /** {@return properties for consumers only, such as {@code group.instance.id}} */
    public Map<String, Object> consumer() {
        return consumer;
    }

    /** {@return how long a record is tried before the connection to the MQTT broker is dropped, unacknowledged; null to try for as long as it takes} */
    public @Nullable Duration deliveryTimeout() {
        return deliveryTimeout;
    }

    /** {@return how messages of QoS 2 are written exactly once} */
    public TransactionOptions transactions() {
        return transactions;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KafkaOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(bootstrapServers, client, producer, consumer, deliveryTimeout, transactions);
    }

    /**
     * Collects {@link KafkaOptions}. Each option and each property can be set once; servers add up. Not thread-safe.
     */
    public static final class Builder {
        private final Once once = new Once();
        private final List<String> bootstrapServers = new ArrayList<>();
        private final Map<String, Object> client = new LinkedHashMap<>();
        private final Map<String, Object> producer = new LinkedHashMap<>();
        private final Map<String, Object> consumer = new LinkedHashMap<>();
        private @Nullable Duration deliveryTimeout;
        private TransactionOptions transactions = TransactionOptions.defaults();

        private Builder() {}

        private Builder(KafkaOptions options) {
            bootstrapServers.addAll(options.bootstrapServers);
            client.putAll(options.client);
            producer.putAll(options.producer);
            consumer.putAll(options.consumer);
            deliveryTimeout = options.deliveryTimeout;
            transactions = options.transactions;
        }

        /**
         * Adds brokers to ask first. At least one is needed.
         *
         * @param servers {@code host:port}, or several separated by commas
         * @return this
         * @throws IllegalArgumentException if one is not {@code host:port}, or holds a user name or password
         */
        public Builder bootstrapServers(String... servers) {
            for (String list : servers) {
                for (String server : list.split(",", -1)) {
                    bootstrapServers.add(checkedServer(server.strip()));
                }
            }
            return this;
        }

        /**
         * Sets a property of every Kafka client of the bridge, such as {@code security.protocol} or {@code
         * sasl.jaas.config}. Default: none. The login modules of JNDI and LDAP are refused, and so is an address for tokens of
         * OAUTHBEARER that the system property {@code org.apache.kafka.sasl.oauthbearer.allowed.urls} does not list.
         *
         * @param name the name of a Kafka client property
         * @param value its value
         * @return this
         * @throws IllegalArgumentException if the bridge owns the property, or the value voids the acknowledgements; the
         *     message says what to use instead
         * @throws IllegalStateException if the property was set before
         */
        public Builder client(String name, Object value) {
            checkedName("kafka.client", name, Objects.requireNonNull(value, "value"));
            // Values are not shown: they can be passwords.
            once.note("kafka.client: " + name, "****");
            client.put(name, value);
            return this;
        }

        /**
         * Sets a property of the producer, such as {@code compression.type} or {@code linger.ms}. Default: none.
         *
         * @param name the name of a Kafka producer property
         * @param value its value
         * @return this
         * @throws IllegalArgumentException if the bridge owns the property, or the value voids the acknowledgements; the
         *     message says what to use instead
         * @throws IllegalStateException if the property was set before
         */
        public Builder producer(String name, Object value) {
            checkedName("kafka.producer", name, Objects.requireNonNull(value, "value"));
            // Values are not shown: they can be passwords.
            once.note("kafka.producer: " + name, "****");
            producer.put(name, value);
            return this;
        }

        /**
         * Sets a property of the consumers of routes from Kafka, such as {@code group.instance.id}, {@code
         * max.partition.fetch.bytes} or {@code auto.offset.reset} (default: {@code earliest}). {@code group.protocol} is {@code
         * consumer} where the brokers have it, unless set here. Default: none.
         *
         * @param name the name of a Kafka consumer property
         * @param value its value
         * @return this
         * @throws IllegalArgumentException if the bridge owns the property; the message says what to use instead
         * @throws IllegalStateException if the property was set before
         */
        public Builder consumer(String name, Object value) {
            checkedName("kafka.consumer", name, Objects.requireNonNull(value, "value"));
            // Values are not shown: they can be passwords.
            once.note("kafka.consumer: " + name, "****");
            consumer.put(name, value);
            return this;
        }

        /**
         * Limits how long a record is tried. When it is over, the record may or may not be in Kafka; the connection to the
         * MQTT broker is dropped unacknowledged, and the broker delivers again in order. Default: as long as it takes, while
         * the window fills and the MQTT broker queues.
         *
         * @param timeout from 1 second to 24 days
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder deliveryTimeout(Duration timeout) {
            deliveryTimeout = once.set("kafka.deliveryTimeout", checkedTimeout(timeout));
            return this;
        }

        /**
         * Says how messages of QoS 2 are written exactly once. Default: {@link TransactionOptions#defaults}.
         *
         * @param transactions sets the options
         * @return this
         * @throws IllegalArgumentException if one is out of range
         * @throws IllegalStateException if set before
         */
        public Builder transactions(Consumer<TransactionOptions.Builder> transactions) {
            TransactionOptions.Builder builder = TransactionOptions.builder();
            transactions.accept(builder);
            return transactions(builder.build());
        }

        /**
         * Says how messages of QoS 2 are written exactly once. Default: {@link TransactionOptions#defaults}.
         *
         * @param transactions the options
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder transactions(TransactionOptions transactions) {
            this.transactions = once.set("kafka.transactions", Objects.requireNonNull(transactions, "transactions"));
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         * @throws BridgeConfigException if there are no servers
         */
        public KafkaOptions build() {
            return new KafkaOptions(this);
        }

        @Override
        public String toString() {
            return bootstrapServers.stream().collect(Collectors.joining(",", "KafkaOptions.Builder[", "]"));
        }
    }

    private static Duration checkedTimeout(Duration timeout) {
        Objects.requireNonNull(timeout, "timeout");
        if (timeout.compareTo(SHORTEST_DELIVERY) < 0 || timeout.compareTo(LONGEST_DELIVERY) > 0) {
            throw new IllegalArgumentException("kafka.deliveryTimeout: " + timeout + " must be from "
                    + SHORTEST_DELIVERY + " to " + LONGEST_DELIVERY);
        }
        return timeout;
    }

    private static String checkedServer(String server) {
        if (server.indexOf('@') >= 0) {
            // Not repeated: what comes before it can be a password.
            throw new IllegalArgumentException("kafka.bootstrapServers: holds a user name or password; set them with"
                    + " kafka.client(\"sasl.jaas.config\", ..)");
        }
        int colon = server.lastIndexOf(':');
        boolean legal = colon > 0 && colon < server.length() - 1 && !server.contains("/");
        if (legal) {
            try {
                int port = Integer.parseInt(server.substring(colon + 1));
                legal = port > 0 && port <= 65_535;
            } catch (NumberFormatException e) {
                legal = false;
            }
        }
        if (!legal) {
            throw new IllegalArgumentException(
                    "kafka.bootstrapServers: '" + server + "' is not host:port; use for example kafka:9092");
        }
        return server;
    }

    private static String checkedName(String option, String name, Object value) {
        String instead = OWNED.get(name);
        if (instead != null) {
            throw new IllegalArgumentException(option + ": '" + name + "' belongs to the bridge; " + instead);
        }
        requireHarmlessLogin(option, name, value.toString());
        if (name.equals("acks") && !ALL_ACKS.contains(value.toString())) {
            throw new IllegalArgumentException(option + ": acks=" + value
                    + " would acknowledge messages that Kafka can still lose; leave it at 'all'");
        }
        if (name.equals("enable.idempotence") && !value.toString().equals("true")) {
            throw new IllegalArgumentException(option + ": enable.idempotence=" + value
                    + " would let Kafka repeat and reorder records; leave it at 'true'");
        }
        if (name.equals("max.in.flight.requests.per.connection") && toInt(value) > 5) {
            throw new IllegalArgumentException(option + ": max.in.flight.requests.per.connection=" + value
                    + " would let Kafka reorder records; use 5 or less");
        }
        if (name.equals("retries") && toInt(value) < 1) {
            throw new IllegalArgumentException(
                    option + ": retries=" + value + " would give records up at the first hitch; leave it out");
        }
        return name;
    }

    /** What lets whoever writes the configuration run code, or read files and hosts that only this process can see. */
    private static void requireHarmlessLogin(String option, String name, String value) {
        if (name.endsWith("sasl.jaas.config") && DANGEROUS_LOGINS.stream().anyMatch(value::contains)) {
            // Not repeated: it can hold a password.
            throw new IllegalArgumentException(option + ": " + name + " names a login module that looks objects up"
                    + " elsewhere (JNDI, LDAP), which can run foreign code; use the one of the SASL mechanism");
        }
        if (OAUTH_URLS.contains(name) && !allowedUrls().contains(value)) {
            throw new IllegalArgumentException(
                    option + ": " + name + " is an address that is not allowed; list it in the system property "
                            + ALLOWED_URLS + ", without which Kafka's client asks nobody for tokens");
        }
    }

    private static Set<String> allowedUrls() {
        return Arrays.stream(System.getProperty(ALLOWED_URLS, "").split(",", -1))
                .map(String::trim)
                .collect(Collectors.toSet());
    }

    private static int toInt(Object value) {
        try {
            return Integer.parseInt(value.toString());
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }
}
