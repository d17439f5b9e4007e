package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * A bridge has stopped by itself: every one of its routes has, or what it went on starting in the background was refused.
 *
 * <p>Thread-safe.
 */
public class BridgeFailedException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause why it stopped, or null
     */
    public BridgeFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
