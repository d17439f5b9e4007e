package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * Kafka refused a record for good. Goes to the failure policy of the route.
 *
 * <p>Thread-safe.
 */
public class DeliveryException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     */
    public DeliveryException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend
     * @param cause the cause, or null
     */
    public DeliveryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
