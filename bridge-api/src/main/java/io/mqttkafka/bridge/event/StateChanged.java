package io.mqttkafka.bridge.event;

import io.mqttkafka.bridge.BridgeState;

/**
 * The state of the bridge has changed.
 *
 * <p>Immutable.
 *
 * @param from the state before
 * @param to the state now
 */
public record StateChanged(BridgeState from, BridgeState to) {}
