package io.mqttkafka.bridge;

import java.util.Objects;

/**
 * What one route guarantees, and why not more.
 *
 * <p>Immutable.
 *
 * @param route the name of the route
 * @param guarantee what holds for messages that arrive with the QoS of the route
 * @param reason one sentence that says what the guarantee rests on and what limits it
 */
public record RouteGuarantee(String route, Guarantee guarantee, String reason) {
    /**
     * Checks its parts.
     *
     * @param route the name of the route
     * @param guarantee what holds for messages that arrive with the QoS of the route
     * @param reason one sentence that says what the guarantee rests on and what limits it
     * @throws NullPointerException if any part is null
     */
    public RouteGuarantee {
        Objects.requireNonNull(route, "route");
        Objects.requireNonNull(guarantee, "guarantee");
        Objects.requireNonNull(reason, "reason");
    }
}
