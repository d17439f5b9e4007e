package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * Options or routes that do not fit each other, found when a bridge or a route is built.
 *
 * <p>Thread-safe.
 */
public class BridgeConfigException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     */
    public BridgeConfigException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause the cause, or null
     */
    public BridgeConfigException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
