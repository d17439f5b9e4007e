package io.mqttkafka.bridge.event;

import java.time.Instant;

/**
 * A bridge is degraded for one more reason.
 *
 * <p>Immutable.
 *
 * @param what what is concerned, as in {@link io.mqttkafka.bridge.Degradation}
 * @param since since when, as far as the bridge has noticed
 * @param cause what happened, in words
 */
public record Degraded(String what, Instant since, String cause) {}
