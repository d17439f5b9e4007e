package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * A topic, key, header or partition could not be derived from a message. Goes to the failure policy of the route.
 *
 * <p>Thread-safe.
 */
public class MappingException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend; it is logged, so it must not quote the payload
     */
    public MappingException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend; it is logged, so it must not quote the payload
     * @param cause the cause, or null
     */
    public MappingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
