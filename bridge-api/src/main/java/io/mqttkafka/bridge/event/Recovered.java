package io.mqttkafka.bridge.event;

import java.time.Duration;

/**
 * A reason why a bridge was degraded has gone.
 *
 * <p>Immutable.
 *
 * @param what what was concerned, as {@link Degraded} said
 * @param after how long it lasted, as far as the bridge has noticed
 */
public record Recovered(String what, Duration after) {}
