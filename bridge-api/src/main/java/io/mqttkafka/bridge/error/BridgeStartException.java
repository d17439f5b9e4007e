package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * A bridge could not start: a broker does not answer or refuses what the routes need.
 *
 * <p>Thread-safe.
 */
public class BridgeStartException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     */
    public BridgeStartException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause the cause, or null
     */
    public BridgeStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
