package io.mqttkafka.bridge;

import java.time.Instant;
import java.util.Objects;

/**
 * What went wrong last with a connection, a route or Kafka, when, and whether it goes on. Never holds payloads or secrets.
 *
 * <p>Immutable.
 *
 * @param cause what happened, in words, with the mend where there is one
 * @param at when it was noticed last
 * @param over whether it is over: the connection is back, or the route has delivered since
 */
public record LastError(String cause, Instant at, boolean over) {
    /**
     * Checks the parts.
     *
     * @param cause what happened, in words, with the mend where there is one
     * @param at when it was noticed last
     * @param over whether it is over: the connection is back, or the route has delivered since
     * @throws NullPointerException if any part is null
     */
    public LastError {
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(at, "at");
    }
}
