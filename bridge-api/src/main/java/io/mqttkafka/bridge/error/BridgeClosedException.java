package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * The bridge has been closed.
 *
 * <p>Thread-safe.
 */
public class BridgeClosedException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     */
    public BridgeClosedException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause the cause, or null
     */
    public BridgeClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
