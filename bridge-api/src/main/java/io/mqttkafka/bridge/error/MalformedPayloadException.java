package io.mqttkafka.bridge.error;

import org.jspecify.annotations.Nullable;

/**
 * The bytes or the value that a codec was given are wrong in themselves, so that it is of no use to try again. Thrown by
 * codecs; goes to the last action of the route's failure policy at once, without the retries that other exceptions get.
 *
 * <p>Thread-safe.
 */
public class MalformedPayloadException extends CodecException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what is wrong, where, and the mend
     */
    public MalformedPayloadException(String message) {
        this(message, null);
    }

    /**
     * Makes the exception.
     *
     * @param message what is wrong, where, and the mend
     * @param cause the cause, or null
     */
    public MalformedPayloadException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
