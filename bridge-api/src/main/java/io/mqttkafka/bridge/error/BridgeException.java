package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything the bridge throws. Messages never hold payloads or secrets.
 *
 * <p>Thread-safe.
 */
public abstract class BridgeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause the cause, or null
     */
    protected BridgeException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
