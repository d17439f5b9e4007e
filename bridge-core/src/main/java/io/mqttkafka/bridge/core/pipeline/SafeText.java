package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeException;

/** Says what an exception is about without repeating what may be a payload: user code writes anything into messages. */
final class SafeText {
    /** Two names at their longest, and the mend that follows them. */
    private static final int MAX_LENGTH = 1024;

    private SafeText() {}

    static String of(Throwable cause) {
        String type = cause.getClass().getName();
        // Deserializers put what they cannot read into the messages of SerializationException and its like.
        boolean ours = cause instanceof BridgeException
                || (type.startsWith("org.apache.kafka.") && !type.contains("erializationException"));
        String message = cause.getMessage();
        return ours && message != null ? UntrustedText.escape(message, MAX_LENGTH) : type;
    }

    /** As {@link #of}, with what is at the bottom of it: Kafka's client says what it refuses now, and why only there. */
    static String withRoot(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == cause ? of(cause) : of(cause) + " (" + of(root) + ")";
    }
}
