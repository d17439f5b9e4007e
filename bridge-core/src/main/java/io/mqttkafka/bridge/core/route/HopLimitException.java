package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.error.MappingException;

/** A message has passed so many bridges that it must be going round in circles; trying again is of no use. */
public final class HopLimitException extends MappingException {
    private static final long serialVersionUID = 1L;

    HopLimitException(String message) {
        super(message);
    }
}
