package io.mqttkafka.bridge;

import io.mqttkafka.bridge.spi.Once;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a bridge: what is connected, what is waiting, and what became of the messages so far.
 *
 * <p>Carries no payloads and no configuration, so that it can be shown on a health page. Counts start at zero with the
 * bridge and only grow. The snapshot is not atomic: counts that belong together can differ by the messages in flight.
 *
 * <p>Immutable.
 */
public final class BridgeHealth {
    private final BridgeState state;
    private final List<Degradation> degradations;
    private final KafkaHealth kafka;
    private final List<ConnectionHealth> connections;
    private final List<RouteHealth> routes;

    private BridgeHealth(Builder builder) {
        state = builder.state;
        degradations = List.copyOf(builder.degradations);
        kafka = builder.kafka;
        connections = List.copyOf(builder.connections);
        routes = List.copyOf(builder.routes);
    }

    /**
     * Starts a snapshot, as the engine and tests of what reads it make one. Whatever is not set is zero, false, null or empty.
     *
     * @param state the state of the bridge
     * @return a builder
     * @throws NullPointerException if a part is null
     */
    public static Builder builder(BridgeState state) {
        return new Builder(state);
    }

    /** {@return the state of the bridge} */
    public BridgeState state() {
        return state;
    }

    /** {@return why it is {@link BridgeState#DEGRADED}, the oldest reason first; empty if all is well} */
    public List<Degradation> degradations() {
        return degradations;
    }

    /** {@return the other side} */
    public KafkaHealth kafka() {
        return kafka;
    }

    /** {@return one entry per MQTT connection, the last one that of the status if the bridge tells it} */
    public List<ConnectionHealth> connections() {
        return connections;
    }

    /** {@return one entry per route, in the order in which they were added} */
    public List<RouteHealth> routes() {
        return routes;
    }

    /** {@return the age of the oldest message that is not acknowledged, on any connection; zero if there is none} */
    public Duration oldestUnacknowledged() {
        return connections.stream()
                .map(ConnectionHealth::oldestUnacknowledged)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /**
     * Says whether all is well: Kafka and every connection there, nothing waiting for too long, every route taking messages.
     *
     * @return true if the state is {@link BridgeState#RUNNING}
     */
    public boolean healthy() {
        return state == BridgeState.RUNNING;
    }

    /**
     * Finds a route by its name.
     *
     * @param name the name of a route
     * @return its entry
     * @throws IllegalArgumentException if the bridge has no such route
     */
    public RouteHealth route(String name) {
        for (RouteHealth route : routes) {
            if (route.name().equals(name)) {
                return route;
            }
        }
        throw new IllegalArgumentException("route: the bridge has no route named '" + name + "'");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BridgeHealth that && parts().equals(that.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    @Override
    public String toString() {
        return "BridgeHealth[state=" + state + ", degradations=" + degradations + ", kafka=" + kafka + ", connections="
                + connections + ", routes=" + routes + "]";
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(state, degradations, kafka, connections, routes);
    }

    /** Collects a {@link BridgeHealth}. Each part can be set once. Not thread-safe. */
    public static final class Builder {
        private final Once once = new Once();
        private final BridgeState state;
        private List<Degradation> degradations = List.of();
        private KafkaHealth kafka = KafkaHealth.builder().build();
        private List<ConnectionHealth> connections = List.of();
        private List<RouteHealth> routes = List.of();

        private Builder(BridgeState state) {
            this.state = Objects.requireNonNull(state, "state");
        }

        /**
         * Sets why it is {@link BridgeState#DEGRADED}, the oldest reason first; empty if all is well.
         *
         * @param degradations the value
         * @return this
         * @throws NullPointerException if it is or holds null
         * @throws IllegalStateException if set before
         */
        public Builder degradations(List<Degradation> degradations) {
            this.degradations = once.set("degradations", List.copyOf(degradations));
            return this;
        }

        /**
         * Sets the other side.
         *
         * @param kafka the value
         * @return this
         * @throws NullPointerException if it is or holds null
         * @throws IllegalStateException if set before
         */
        public Builder kafka(KafkaHealth kafka) {
            this.kafka = once.set("kafka", Objects.requireNonNull(kafka, "kafka"));
            return this;
        }

        /**
         * Sets one entry per MQTT connection, the last one that of the status if the bridge tells it.
         *
         * @param connections the value
         * @return this
         * @throws NullPointerException if it is or holds null
         * @throws IllegalStateException if set before
         */
        public Builder connections(List<ConnectionHealth> connections) {
            this.connections = once.set("connections", List.copyOf(connections));
            return this;
        }

        /**
         * Sets one entry per route, in the order in which they were added.
         *
         * @param routes the value
         * @return this
         * @throws NullPointerException if it is or holds null
         * @throws IllegalStateException if set before
         */
        public Builder routes(List<RouteHealth> routes) {
            this.routes = once.set("routes", List.copyOf(routes));
            return this;
        }

        /**
         * Builds the snapshot.
         *
         * @return the snapshot
         */
        public BridgeHealth build() {
            return new BridgeHealth(this);
        }
    }

    /**
     * Kafka, as the bridge sees it: while it runs it asks the cluster a small question every few seconds, whether or not there
     * are messages.
     *
     * <p>Immutable.
     */
    public static final class KafkaHealth {
        private final boolean reachable;
        private final Instant since;
        private final @Nullable String longestWaitingTopic;
        private final Duration longestWait;
        private final @Nullable LastError lastError;

        private KafkaHealth(Builder builder) {
            reachable = builder.reachable;
            since = builder.since;
            longestWaitingTopic = builder.longestWaitingTopic;
            longestWait = builder.longestWait;
            lastError = builder.lastError;
        }

        /**
         * Starts a snapshot, as the engine and tests of what reads it make one. Whatever is not set is zero, false, null or empty.
         *
         * @return a builder
         */
        public static Builder builder() {
            return new Builder();
        }

        /** {@return whether the cluster answered the last question; false before the start} */
        public boolean reachable() {
            return reachable;
        }

        /** {@return since when it has been so, as far as the bridge has noticed} */
        public Instant since() {
            return since;
        }

        /** {@return the topic that has gone longest without a confirmation while records wait for one, of those that routes from MQTT, dead letters and transactions write to; null if none waits} */
        public @Nullable String longestWaitingTopic() {
            return longestWaitingTopic;
        }

        /** {@return for how long that has been; zero if no topic waits} */
        public Duration longestWait() {
            return longestWait;
        }

        /** {@return why it last did not answer; null if it always has} */
        public @Nullable LastError lastError() {
            return lastError;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof KafkaHealth that && parts().equals(that.parts());
        }

        @Override
        public int hashCode() {
            return parts().hashCode();
        }

        @Override
        public String toString() {
            return "KafkaHealth[reachable=" + reachable + ", since=" + since + ", longestWaitingTopic="
                    + longestWaitingTopic + ", longestWait=" + longestWait + ", lastError=" + lastError + "]";
        }

        private List<@Nullable Object> parts() {
            return Arrays.asList(reachable, since, longestWaitingTopic, longestWait, lastError);
        }

        /** Collects a {@link KafkaHealth}. Each part can be set once. Not thread-safe. */
        public static final class Builder {
            private final Once once = new Once();
            private boolean reachable;
            private Instant since = Instant.EPOCH;
            private @Nullable String longestWaitingTopic;
            private Duration longestWait = Duration.ZERO;
            private @Nullable LastError lastError;

            private Builder() {}

            /**
             * Sets whether the cluster answered the last question; false before the start.
             *
             * @param reachable the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder reachable(boolean reachable) {
                this.reachable = once.set("reachable", reachable);
                return this;
            }

            /**
             * Sets since when it has been so, as far as the bridge has noticed.
             *
             * @param since the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder since(Instant since) {
                this.since = once.set("since", Objects.requireNonNull(since, "since"));
                return this;
            }

            /**
             * Sets the topic that has gone longest without a confirmation while records wait for one, of those that routes from MQTT, dead letters and transactions write to; null if none waits.
             *
             * @param longestWaitingTopic the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder longestWaitingTopic(@Nullable String longestWaitingTopic) {
                once.note("longestWaitingTopic", longestWaitingTopic == null ? "null" : longestWaitingTopic);
                this.longestWaitingTopic = longestWaitingTopic;
                return this;
            }

            /**
             * Sets for how long that has been; zero if no topic waits.
             *
             * @param longestWait the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder longestWait(Duration longestWait) {
                this.longestWait = once.set("longestWait", Objects.requireNonNull(longestWait, "longestWait"));
                return this;
            }

            /**
             * Sets why it last did not answer; null if it always has.
             *
             * @param lastError the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder lastError(@Nullable LastError lastError) {
                once.note("lastError", lastError == null ? "null" : lastError);
                this.lastError = lastError;
                return this;
            }

            /**
             * Builds the snapshot.
             *
             * @return the snapshot
             */
            public KafkaHealth build() {
                return new KafkaHealth(this);
            }
        }
    }

    /**
     * One MQTT connection.
     *
     * <p>Immutable.
     */
    public static final class ConnectionHealth {
        private final String clientId;
        private final boolean connected;
        private final Instant since;
        private final boolean sessionPresent;
        private final long connects;
        private final int unacknowledged;
        private final long inFlightBytes;
        private final Duration oldestUnacknowledged;
        private final long redelivered;
        private final long suppressed;
        private final long unrouted;
        private final @Nullable LastError lastError;

        private ConnectionHealth(Builder builder) {
            clientId = builder.clientId;
            connected = builder.connected;
            since = builder.since;
            sessionPresent = builder.sessionPresent;
            connects = builder.connects;
            unacknowledged = builder.unacknowledged;
            inFlightBytes = builder.inFlightBytes;
            oldestUnacknowledged = builder.oldestUnacknowledged;
            redelivered = builder.redelivered;
            suppressed = builder.suppressed;
            unrouted = builder.unrouted;
            lastError = builder.lastError;
        }

        /**
         * Starts a snapshot, as the engine and tests of what reads it make one. Whatever is not set is zero, false, null or empty.
         *
         * @param clientId the MQTT client id
         * @return a builder
         * @throws NullPointerException if a part is null
         */
        public static Builder builder(String clientId) {
            return new Builder(clientId);
        }

        /** {@return the MQTT client id} */
        public String clientId() {
            return clientId;
        }

        /** {@return whether the connection is up and subscribed} */
        public boolean connected() {
            return connected;
        }

        /** {@return since when it has been so} */
        public Instant since() {
            return since;
        }

        /** {@return whether the MQTT broker still had the session at the last connect} */
        public boolean sessionPresent() {
            return sessionPresent;
        }

        /** {@return how often the connection has been established} */
        public long connects() {
            return connects;
        }

        /** {@return messages of QoS 1 and 2 received, or published, and not yet acknowledged; when the bridge is closed or its routes have stopped, those that were left so, which the MQTT broker, or Kafka, delivers again} */
        public int unacknowledged() {
            return unacknowledged;
        }

        /** {@return bytes of messages handed to Kafka, or to the MQTT broker, and not yet confirmed} */
        public long inFlightBytes() {
            return inFlightBytes;
        }

        /** {@return the age of the oldest unacknowledged message; zero if there is none} */
        public Duration oldestUnacknowledged() {
            return oldestUnacknowledged;
        }

        /** {@return messages received, or published again, with the DUP flag} */
        public long redelivered() {
            return redelivered;
        }

        /** {@return redelivered messages that were acknowledged without a second record, because the first one had been confirmed or was still on its way} */
        public long suppressed() {
            return suppressed;
        }

        /** {@return messages that matched no route} */
        public long unrouted() {
            return unrouted;
        }

        /** {@return why the connection was last lost or refused; null if it never was} */
        public @Nullable LastError lastError() {
            return lastError;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof ConnectionHealth that && parts().equals(that.parts());
        }

        @Override
        public int hashCode() {
            return parts().hashCode();
        }

        @Override
        public String toString() {
            return "ConnectionHealth[clientId=" + clientId + ", connected=" + connected + ", since=" + since
                    + ", sessionPresent=" + sessionPresent + ", connects=" + connects + ", unacknowledged="
                    + unacknowledged + ", inFlightBytes=" + inFlightBytes + ", oldestUnacknowledged="
                    + oldestUnacknowledged + ", redelivered=" + redelivered + ", suppressed=" + suppressed
                    + ", unrouted=" + unrouted + ", lastError=" + lastError + "]";
        }

        private List<@Nullable Object> parts() {
            return Arrays.asList(
                    clientId,
                    connected,
                    since,
                    sessionPresent,
                    connects,
                    unacknowledged,
                    inFlightBytes,
                    oldestUnacknowledged,
                    redelivered,
                    suppressed,
                    unrouted,
                    lastError);
        }

        /** Collects a {@link ConnectionHealth}. Each part can be set once. Not thread-safe. */
        public static final class Builder {
            private final Once once = new Once();
            private final String clientId;
            private boolean connected;
            private Instant since = Instant.EPOCH;
            private boolean sessionPresent;
            private long connects;
            private int unacknowledged;
            private long inFlightBytes;
            private Duration oldestUnacknowledged = Duration.ZERO;
            private long redelivered;
            private long suppressed;
            private long unrouted;
            private @Nullable LastError lastError;

            private Builder(String clientId) {
                this.clientId = Objects.requireNonNull(clientId, "clientId");
            }

            /**
             * Sets whether the connection is up and subscribed.
             *
             * @param connected the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder connected(boolean connected) {
                this.connected = once.set("connected", connected);
                return this;
            }

            /**
             * Sets since when it has been so.
             *
             * @param since the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder since(Instant since) {
                this.since = once.set("since", Objects.requireNonNull(since, "since"));
                return this;
            }

            /**
             * Sets whether the MQTT broker still had the session at the last connect.
             *
             * @param sessionPresent the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder sessionPresent(boolean sessionPresent) {
                this.sessionPresent = once.set("sessionPresent", sessionPresent);
                return this;
            }

            /**
             * Sets how often the connection has been established.
             *
             * @param connects the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder connects(long connects) {
                this.connects = once.set("connects", connects);
                return this;
            }

            /**
             * Sets messages of QoS 1 and 2 received, or published, and not yet acknowledged; when the bridge is closed or its routes have stopped, those that were left so, which the MQTT broker, or Kafka, delivers again.
             *
             * @param unacknowledged the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder unacknowledged(int unacknowledged) {
                this.unacknowledged = once.set("unacknowledged", unacknowledged);
                return this;
            }

            /**
             * Sets bytes of messages handed to Kafka, or to the MQTT broker, and not yet confirmed.
             *
             * @param inFlightBytes the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder inFlightBytes(long inFlightBytes) {
                this.inFlightBytes = once.set("inFlightBytes", inFlightBytes);
                return this;
            }

            /**
             * Sets the age of the oldest unacknowledged message; zero if there is none.
             *
             * @param oldestUnacknowledged the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder oldestUnacknowledged(Duration oldestUnacknowledged) {
                this.oldestUnacknowledged = once.set(
                        "oldestUnacknowledged", Objects.requireNonNull(oldestUnacknowledged, "oldestUnacknowledged"));
                return this;
            }

            /**
             * Sets messages received, or published again, with the DUP flag.
             *
             * @param redelivered the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder redelivered(long redelivered) {
                this.redelivered = once.set("redelivered", redelivered);
                return this;
            }

            /**
             * Sets redelivered messages that were acknowledged without a second record, because the first one had been confirmed or was still on its way.
             *
             * @param suppressed the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder suppressed(long suppressed) {
                this.suppressed = once.set("suppressed", suppressed);
                return this;
            }

            /**
             * Sets messages that matched no route.
             *
             * @param unrouted the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder unrouted(long unrouted) {
                this.unrouted = once.set("unrouted", unrouted);
                return this;
            }

            /**
             * Sets why the connection was last lost or refused; null if it never was.
             *
             * @param lastError the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder lastError(@Nullable LastError lastError) {
                once.note("lastError", lastError == null ? "null" : lastError);
                this.lastError = lastError;
                return this;
            }

            /**
             * Builds the snapshot.
             *
             * @return the snapshot
             */
            public ConnectionHealth build() {
                return new ConnectionHealth(this);
            }
        }
    }

    /**
     * One route.
     *
     * <p>Immutable.
     */
    public static final class RouteHealth {
        private final String name;
        private final boolean running;
        private final RouteCounts qos0;
        private final RouteCounts qos1;
        private final RouteCounts qos2;
        private final DeliveryTimes deliveryTimes;
        private final DeliveryTimes recentDeliveryTimes;
        private final @Nullable LastError lastError;

        private RouteHealth(Builder builder) {
            name = builder.name;
            running = builder.running;
            qos0 = builder.qos0;
            qos1 = builder.qos1;
            qos2 = builder.qos2;
            deliveryTimes = builder.deliveryTimes;
            recentDeliveryTimes = builder.recentDeliveryTimes;
            lastError = builder.lastError;
        }

        /**
         * Starts a snapshot, as the engine and tests of what reads it make one. Whatever is not set is zero, false, null or empty.
         *
         * @param name the name of the route
         * @return a builder
         * @throws NullPointerException if a part is null
         */
        public static Builder builder(String name) {
            return new Builder(name);
        }

        /** {@return the name of the route} */
        public String name() {
            return name;
        }

        /** {@return whether the route takes messages} */
        public boolean running() {
            return running;
        }

        /** {@return counts of messages that arrived with QoS 0} */
        public RouteCounts qos0() {
            return qos0;
        }

        /** {@return counts of messages that arrived with QoS 1} */
        public RouteCounts qos1() {
            return qos1;
        }

        /** {@return counts of messages that arrived with QoS 2} */
        public RouteCounts qos2() {
            return qos2;
        }

        /** {@return how long messages took from their receipt to their acknowledgement, since the bridge was built} */
        public DeliveryTimes deliveryTimes() {
            return deliveryTimes;
        }

        /**
         * Returns how long messages took that were acknowledged in the last minute, which begins 50 to 60 s before the snapshot.
         * Whoever asks takes nothing from others who ask.
         *
         * @return the times
         */
        public DeliveryTimes recentDeliveryTimes() {
            return recentDeliveryTimes;
        }

        /** {@return why the route last failed to deliver a message; null if it never did} */
        public @Nullable LastError lastError() {
            return lastError;
        }

        /**
         * Adds the counts of the three QoS.
         *
         * @return the sum
         */
        public RouteCounts total() {
            return qos0.plus(qos1).plus(qos2);
        }

        /**
         * Returns the counts of one QoS.
         *
         * @param qos the QoS of the messages counted
         * @return the counts
         */
        public RouteCounts counts(QoS qos) {
            return switch (qos) {
                case AT_MOST_ONCE -> qos0;
                case AT_LEAST_ONCE -> qos1;
                case EXACTLY_ONCE -> qos2;
            };
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof RouteHealth that && parts().equals(that.parts());
        }

        @Override
        public int hashCode() {
            return parts().hashCode();
        }

        @Override
        public String toString() {
            return "RouteHealth[name=" + name + ", running=" + running + ", qos0=" + qos0 + ", qos1=" + qos1 + ", qos2="
                    + qos2 + ", deliveryTimes=" + deliveryTimes + ", recentDeliveryTimes=" + recentDeliveryTimes
                    + ", lastError=" + lastError + "]";
        }

        private List<@Nullable Object> parts() {
            return Arrays.asList(name, running, qos0, qos1, qos2, deliveryTimes, recentDeliveryTimes, lastError);
        }

        /** Collects a {@link RouteHealth}. Each part can be set once. Not thread-safe. */
        public static final class Builder {
            private final Once once = new Once();
            private final String name;
            private boolean running;
            private RouteCounts qos0 = RouteCounts.builder().build();
            private RouteCounts qos1 = RouteCounts.builder().build();
            private RouteCounts qos2 = RouteCounts.builder().build();
            private DeliveryTimes deliveryTimes = DeliveryTimes.NONE;
            private DeliveryTimes recentDeliveryTimes = DeliveryTimes.NONE;
            private @Nullable LastError lastError;

            private Builder(String name) {
                this.name = Objects.requireNonNull(name, "name");
            }

            /**
             * Sets whether the route takes messages.
             *
             * @param running the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder running(boolean running) {
                this.running = once.set("running", running);
                return this;
            }

            /**
             * Sets counts of messages that arrived with QoS 0.
             *
             * @param qos0 the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder qos0(RouteCounts qos0) {
                this.qos0 = once.set("qos0", Objects.requireNonNull(qos0, "qos0"));
                return this;
            }

            /**
             * Sets counts of messages that arrived with QoS 1.
             *
             * @param qos1 the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder qos1(RouteCounts qos1) {
                this.qos1 = once.set("qos1", Objects.requireNonNull(qos1, "qos1"));
                return this;
            }

            /**
             * Sets counts of messages that arrived with QoS 2.
             *
             * @param qos2 the value
             * @return this
             * @throws NullPointerException if it is or holds null
             * @throws IllegalStateException if set before
             */
            public Builder qos2(RouteCounts qos2) {
                this.qos2 = once.set("qos2", Objects.requireNonNull(qos2, "qos2"));
                return this;
            }

            /**
             * Sets how long messages took since the bridge was built.
             *
             * @param deliveryTimes the value; {@link DeliveryTimes#NONE} by default
             * @return this
             * @throws NullPointerException if it is null
             * @throws IllegalStateException if set before
             */
            public Builder deliveryTimes(DeliveryTimes deliveryTimes) {
                this.deliveryTimes = once.set("deliveryTimes", Objects.requireNonNull(deliveryTimes, "deliveryTimes"));
                return this;
            }

            /**
             * Sets how long messages took in the last minute.
             *
             * @param recentDeliveryTimes the value; {@link DeliveryTimes#NONE} by default
             * @return this
             * @throws NullPointerException if it is null
             * @throws IllegalStateException if set before
             */
            public Builder recentDeliveryTimes(DeliveryTimes recentDeliveryTimes) {
                this.recentDeliveryTimes = once.set(
                        "recentDeliveryTimes", Objects.requireNonNull(recentDeliveryTimes, "recentDeliveryTimes"));
                return this;
            }

            /**
             * Sets why the route last failed to deliver a message; null if it never did.
             *
             * @param lastError the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder lastError(@Nullable LastError lastError) {
                once.note("lastError", lastError == null ? "null" : lastError);
                this.lastError = lastError;
                return this;
            }

            /**
             * Builds the snapshot.
             *
             * @return the snapshot
             */
            public RouteHealth build() {
                return new RouteHealth(this);
            }
        }
    }

    /**
     * What became of the messages of a route. For a route from Kafka a message is a record, it is delivered when the MQTT
     * broker has taken it over, and acknowledged when its offset is committed. {@code received} is the sum of the others but {@code acknowledged},
     * {@code retries} and {@code unheard}, plus the messages still in flight, plus those that a broken connection or a stop left to be
     * redelivered.
     *
     * <p>Immutable.
     */
    public static final class RouteCounts {
        private final long received;
        private final long delivered;
        private final long acknowledged;
        private final long deadLettered;
        private final long filtered;
        private final long skipped;
        private final long shed;
        private final long expired;
        private final long retries;
        private final long unheard;
        private final long looped;

        private RouteCounts(Builder builder) {
            received = builder.received;
            delivered = builder.delivered;
            acknowledged = builder.acknowledged;
            deadLettered = builder.deadLettered;
            filtered = builder.filtered;
            skipped = builder.skipped;
            shed = builder.shed;
            expired = builder.expired;
            retries = builder.retries;
            unheard = builder.unheard;
            looped = builder.looped;
        }

        /**
         * Starts a snapshot, as the engine and tests of what reads it make one. Whatever is not set is zero, false, null or empty.
         *
         * @return a builder
         */
        public static Builder builder() {
            return new Builder();
        }

        /** {@return messages that matched the route, redelivered ones included} */
        public long received() {
            return received;
        }

        /** {@return records confirmed by Kafka, or messages confirmed by the MQTT broker} */
        public long delivered() {
            return delivered;
        }

        /** {@return messages whose PUBACK or PUBREC was written, or whose offset was committed} */
        public long acknowledged() {
            return acknowledged;
        }

        /** {@return messages confirmed by Kafka in the dead letter topic} */
        public long deadLettered() {
            return deadLettered;
        }

        /** {@return messages that the route's filter refused} */
        public long filtered() {
            return filtered;
        }

        /** {@return messages given up by {@code onFailure(f -> f.skip())}} */
        public long skipped() {
            return skipped;
        }

        /** {@return messages of QoS 0 given up because there was no room for them or Kafka refused them} */
        public long shed() {
            return shed;
        }

        /** {@return records dropped because their deadline ({@code mqtt.expires-at}) was over} */
        public long expired() {
            return expired;
        }

        /** {@return attempts repeated after a failure, or because nobody subscribed} */
        public long retries() {
            return retries;
        }

        /** {@return messages that the MQTT broker threw away because nobody subscribes to them; each time counts} */
        public long unheard() {
            return unheard;
        }

        /** {@return messages that would have gone back to where the bridge had taken them from, or that claim to have passed too many bridges, and were acknowledged instead} */
        public long looped() {
            return looped;
        }

        /**
         * Adds two counts.
         *
         * @param other the other counts
         * @return the sums
         */
        public RouteCounts plus(RouteCounts other) {
            return builder()
                    .received(received + other.received)
                    .delivered(delivered + other.delivered)
                    .acknowledged(acknowledged + other.acknowledged)
                    .deadLettered(deadLettered + other.deadLettered)
                    .filtered(filtered + other.filtered)
                    .skipped(skipped + other.skipped)
                    .shed(shed + other.shed)
                    .expired(expired + other.expired)
                    .retries(retries + other.retries)
                    .unheard(unheard + other.unheard)
                    .looped(looped + other.looped)
                    .build();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof RouteCounts that && parts().equals(that.parts());
        }

        @Override
        public int hashCode() {
            return parts().hashCode();
        }

        @Override
        public String toString() {
            return "RouteCounts[received=" + received + ", delivered=" + delivered + ", acknowledged=" + acknowledged
                    + ", deadLettered=" + deadLettered + ", filtered=" + filtered + ", skipped=" + skipped + ", shed="
                    + shed + ", expired=" + expired + ", retries=" + retries + ", unheard=" + unheard + ", looped="
                    + looped + "]";
        }

        private List<@Nullable Object> parts() {
            return Arrays.asList(
                    received,
                    delivered,
                    acknowledged,
                    deadLettered,
                    filtered,
                    skipped,
                    shed,
                    expired,
                    retries,
                    unheard,
                    looped);
        }

        /** Collects a {@link RouteCounts}. Each part can be set once. Not thread-safe. */
        public static final class Builder {
            private final Once once = new Once();
            private long received;
            private long delivered;
            private long acknowledged;
            private long deadLettered;
            private long filtered;
            private long skipped;
            private long shed;
            private long expired;
            private long retries;
            private long unheard;
            private long looped;

            private Builder() {}

            /**
             * Sets messages that matched the route, redelivered ones included.
             *
             * @param received the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder received(long received) {
                this.received = once.set("received", received);
                return this;
            }

            /**
             * Sets records confirmed by Kafka, or messages confirmed by the MQTT broker.
             *
             * @param delivered the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder delivered(long delivered) {
                this.delivered = once.set("delivered", delivered);
                return this;
            }

            /**
             * Sets messages whose PUBACK or PUBREC was written, or whose offset was committed.
             *
             * @param acknowledged the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder acknowledged(long acknowledged) {
                this.acknowledged = once.set("acknowledged", acknowledged);
                return this;
            }

            /**
             * Sets messages confirmed by Kafka in the dead letter topic.
             *
             * @param deadLettered the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder deadLettered(long deadLettered) {
                this.deadLettered = once.set("deadLettered", deadLettered);
                return this;
            }

            /**
             * Sets messages that the route's filter refused.
             *
             * @param filtered the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder filtered(long filtered) {
                this.filtered = once.set("filtered", filtered);
                return this;
            }

            /**
             * Sets messages given up by {@code onFailure(f -> f.skip())}.
             *
             * @param skipped the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder skipped(long skipped) {
                this.skipped = once.set("skipped", skipped);
                return this;
            }

            /**
             * Sets messages of QoS 0 given up because there was no room for them or Kafka refused them.
             *
             * @param shed the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder shed(long shed) {
                this.shed = once.set("shed", shed);
                return this;
            }

            /**
             * Sets records dropped because their deadline ({@code mqtt.expires-at}) was over.
             *
             * @param expired the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder expired(long expired) {
                this.expired = once.set("expired", expired);
                return this;
            }

            /**
             * Sets attempts repeated after a failure, or because nobody subscribed.
             *
             * @param retries the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder retries(long retries) {
                this.retries = once.set("retries", retries);
                return this;
            }

            /**
             * Sets messages that the MQTT broker threw away because nobody subscribes to them; each time counts.
             *
             * @param unheard the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder unheard(long unheard) {
                this.unheard = once.set("unheard", unheard);
                return this;
            }

            /**
             * Sets messages that would have gone back to where the bridge had taken them from, or that claim to have passed too many bridges, and were acknowledged instead.
             *
             * @param looped the value
             * @return this
             * @throws IllegalStateException if set before
             */
            public Builder looped(long looped) {
                this.looped = once.set("looped", looped);
                return this;
            }

            /**
             * Builds the snapshot.
             *
             * @return the snapshot
             */
            public RouteCounts build() {
                return new RouteCounts(this);
            }
        }
    }
}
