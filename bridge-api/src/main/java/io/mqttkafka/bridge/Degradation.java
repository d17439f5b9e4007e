package io.mqttkafka.bridge;

import java.time.Instant;
import java.util.Objects;

/**
 * One reason why a bridge is {@link BridgeState#DEGRADED}. Never holds payloads or secrets.
 *
 * <p>Immutable.
 *
 * @param what what is concerned: {@code Kafka}, {@code MQTT edge-1} (a connection, by its client id), {@code messages of
 *     edge-1} (they wait for longer than the stall threshold), {@code offsets of commands} (Kafka does not commit those of a
 *     route) or {@code route telemetry} (it has stopped)
 * @param since since when, as far as the bridge has noticed
 * @param cause what happened, in words, the latest there is to say
 */
public record Degradation(String what, Instant since, String cause) {
    /**
     * Checks the parts.
     *
     * @param what what is concerned
     * @param since since when, as far as the bridge has noticed
     * @param cause what happened, in words, the latest there is to say
     * @throws NullPointerException if any part is null
     */
    public Degradation {
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(cause, "cause");
    }
}
