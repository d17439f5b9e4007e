package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.FailurePolicy;
import java.util.Objects;

/**
 * What the engine sees of a {@link Route}, of either direction.
 *
 * <p>Immutable, provided that the codecs and functions are.
 */
public sealed interface RouteDefinition extends Route permits MqttToKafkaRoute, KafkaToMqttRoute {
    /**
     * Returns the definition that a route is.
     *
     * @param route a route
     * @return the same
     * @throws NullPointerException if {@code route} is null
     * @throws IllegalArgumentException if it was not made by {@link Route#fromMqtt} or {@link Route#fromKafka}
     */
    static RouteDefinition of(Route route) {
        Objects.requireNonNull(route, "route");
        if (route instanceof RouteDefinition definition) {
            return definition;
        }
        throw new IllegalArgumentException("route: " + route.getClass().getName()
                + " is not a route of this library; make one with Route.fromMqtt(..) or Route.fromKafka(..)");
    }

    /**
     * Returns what happens to messages that cannot be delivered.
     *
     * @return the policy
     */
    FailurePolicy failurePolicy();
}
