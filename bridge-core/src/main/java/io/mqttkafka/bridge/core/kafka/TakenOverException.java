package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;

/** Another process writes transactions under our identity: to take it back would shut that process out. */
public final class TakenOverException extends BridgeStartException {
    private static final long serialVersionUID = 1L;

    TakenOverException(String transactionalId) {
        super("another process has taken the transactional id '" + transactionalId + "' over", null);
    }
}
