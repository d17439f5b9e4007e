package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeException;

/** Says what an exception is about without repeating what may be a payload: user code writes anything into messages. */
final class SafeText {
    private SafeText() {}

    static String of(Throwable cause) {
        boolean ours =
                cause instanceof BridgeException || cause.getClass().getName().startsWith("org.apache.kafka.");
        String message = cause.getMessage();
        return ours && message != null
                ? UntrustedText.escape(message)
                : cause.getClass().getName();
    }
}
