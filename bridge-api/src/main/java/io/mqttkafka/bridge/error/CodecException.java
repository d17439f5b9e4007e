package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * A payload could not be decoded or encoded. Thrown by codecs; goes to the failure policy of the route, retries included. A
 * {@link MalformedPayloadException} is not tried again.
 *
 * <p>Thread-safe.
 */
public class CodecException extends BridgeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend; it is logged, so it must not quote the payload
     */
    public CodecException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what happened, where, and the mend; it is logged, so it must not quote the payload
     * @param cause the cause, or null
     */
    public CodecException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
