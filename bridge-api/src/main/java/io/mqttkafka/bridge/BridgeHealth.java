package io.mqttkafka.bridge;

import java.time.Duration;
import java.time.Instant;
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
 *
 * @param state the state of the bridge
 * @param degradations why it is {@link BridgeState#DEGRADED}, the oldest reason first; empty if all is well
 * @param kafka the other side
 * @param connections one entry per MQTT connection, the last one that of the status if the bridge tells it
 * @param routes one entry per route, in the order in which they were added
 */
public record BridgeHealth(
        BridgeState state,
        List<Degradation> degradations,
        KafkaHealth kafka,
        List<ConnectionHealth> connections,
        List<RouteHealth> routes) {
    /**
     * Copies the lists.
     *
     * @param state the state of the bridge
     * @param degradations why it is {@link BridgeState#DEGRADED}, the oldest reason first; empty if all is well
     * @param kafka the other side
     * @param connections one entry per MQTT connection, the last one that of the status if the bridge tells it
     * @param routes one entry per route, in the order in which they were added
     * @throws NullPointerException if any part is null
     */
    public BridgeHealth {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(kafka, "kafka");
        degradations = List.copyOf(degradations);
        connections = List.copyOf(connections);
        routes = List.copyOf(routes);
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

    /**
     * Kafka, as the bridge sees it: while it runs it asks the cluster a small question every few seconds, whether or not there
     * are messages.
     *
     * <p>Immutable.
     *
     * @param reachable whether the cluster answered the last question; false before the start
     * @param since since when it has been so, as far as the bridge has noticed
     * @param longestWaitingTopic the topic that has gone longest without a confirmation while records wait for one, of those that
     *     routes from MQTT, dead letters and transactions write to; null if none waits
     * @param longestWait for how long that has been; zero if no topic waits
     * @param lastError why it last did not answer; null if it always has
     */
    public record KafkaHealth(
            boolean reachable,
            Instant since,
            @Nullable String longestWaitingTopic,
            Duration longestWait,
            @Nullable LastError lastError) {}

    /**
     * One MQTT connection.
     *
     * <p>Immutable.
     *
     * @param clientId the MQTT client id
     * @param connected whether the connection is up and subscribed
     * @param since since when it has been so
     * @param sessionPresent whether the MQTT broker still had the session at the last connect
     * @param connects how often the connection has been established
     * @param unacknowledged messages of QoS 1 and 2 received, or published, and not yet acknowledged; when the bridge is
     *     closed or its routes have stopped, those that were left so, which the MQTT broker, or Kafka, delivers again
     * @param inFlightBytes bytes of messages handed to Kafka, or to the MQTT broker, and not yet confirmed
     * @param oldestUnacknowledged the age of the oldest unacknowledged message; zero if there is none
     * @param redelivered messages received, or published again, with the DUP flag
     * @param suppressed redelivered messages that were acknowledged without a second record, because the first one had
     *     been confirmed or was still on its way
     * @param unrouted messages that matched no route
     * @param lastError why the connection was last lost or refused; null if it never was
     */
    public record ConnectionHealth(
            String clientId,
            boolean connected,
            Instant since,
            boolean sessionPresent,
            long connects,
            int unacknowledged,
            long inFlightBytes,
            Duration oldestUnacknowledged,
            long redelivered,
            long suppressed,
            long unrouted,
            @Nullable LastError lastError) {}

    /**
     * One route.
     *
     * <p>Immutable.
     *
     * @param name the name of the route
     * @param running whether the route takes messages
     * @param qos0 counts of messages that arrived with QoS 0
     * @param qos1 counts of messages that arrived with QoS 1
     * @param qos2 counts of messages that arrived with QoS 2
     * @param lastError why the route last failed to deliver a message; null if it never did
     */
    public record RouteHealth(
            String name,
            boolean running,
            RouteCounts qos0,
            RouteCounts qos1,
            RouteCounts qos2,
            @Nullable LastError lastError) {
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
    }

    /**
     * What became of the messages of a route. For a route from Kafka a message is a record, it is delivered when the MQTT
     * broker has taken it over, and acknowledged when its offset is committed. {@code received} is the sum of the others but {@code acknowledged},
     * {@code retries} and {@code unheard}, plus the messages still in flight, plus those that a broken connection or a stop left to be
     * redelivered.
     *
     * <p>Immutable.
     *
     * @param received messages that matched the route, redelivered ones included
     * @param delivered records confirmed by Kafka, or messages confirmed by the MQTT broker
     * @param acknowledged messages whose PUBACK or PUBREC was written, or whose offset was committed
     * @param deadLettered messages confirmed by Kafka in the dead letter topic
     * @param filtered messages that the route's filter refused
     * @param skipped messages given up by {@code onFailure(f -> f.skip())}
     * @param shed messages of QoS 0 given up because there was no room for them or Kafka refused them
     * @param expired records dropped because their deadline ({@code mqtt.expires-at}) was over
     * @param retries attempts repeated after a failure, or because nobody subscribed
     * @param unheard messages that the MQTT broker threw away because nobody subscribes to them; each time counts
     * @param looped messages that would have gone back to where the bridge had taken them from, or that claim to have passed too
     *     many bridges, and were acknowledged instead
     */
    public record RouteCounts(
            long received,
            long delivered,
            long acknowledged,
            long deadLettered,
            long filtered,
            long skipped,
            long shed,
            long expired,
            long retries,
            long unheard,
            long looped) {
        /**
         * Adds two counts.
         *
         * @param other the other counts
         * @return the sums
         */
        public RouteCounts plus(RouteCounts other) {
            return new RouteCounts(
                    received + other.received,
                    delivered + other.delivered,
                    acknowledged + other.acknowledged,
                    deadLettered + other.deadLettered,
                    filtered + other.filtered,
                    skipped + other.skipped,
                    shed + other.shed,
                    expired + other.expired,
                    retries + other.retries,
                    unheard + other.unheard,
                    looped + other.looped);
        }
    }
}
