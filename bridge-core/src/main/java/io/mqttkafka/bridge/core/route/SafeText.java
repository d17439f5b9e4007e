package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeException;
import java.util.ArrayList;
import java.util.List;

/** Says what an exception is about without repeating what may be a payload: user code writes anything into messages. */
public final class SafeText {
    /** Two names at their longest, and the mend that follows them. */
    private static final int MAX_LENGTH = 1024;

    private static final int MOST_FRAMES = 5;
    private static final int MOST_CAUSES = 20;

    /** Frames of those who call the user's code. */
    private static final String ENGINE = "io.mqttkafka.bridge.core.";

    /** Frames between the user's own, or above them, that tell him nothing. */
    private static final List<String> NOT_THE_USERS = List.of(
            "io.mqttkafka.bridge.codecs.",
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "com.fasterxml.jackson.",
            "org.apache.kafka.");

    private SafeText() {}

    public static String of(Throwable cause) {
        String type = cause.getClass().getName();
        // Deserializers put what they cannot read into the messages of SerializationException and its like.
        boolean ours = cause instanceof BridgeException
                || (type.startsWith("org.apache.kafka.") && !type.contains("erializationException"));
        String message = cause.getMessage();
        return ours && message != null ? UntrustedText.escape(message, MAX_LENGTH) : type;
    }

    /** As {@link #of}, with what is at the bottom of it: Kafka's client says what it refuses now, and why only there. */
    public static String withRoot(Throwable cause) {
        Throwable root = root(cause);
        return root == cause ? of(cause) : of(cause) + " (" + of(root) + ")";
    }

    /** As {@link #of}, with the class at the bottom of it and where in the user's code it came from: frames hold no payload. */
    public static String withFrames(Throwable cause) {
        StringBuilder text = new StringBuilder(of(cause));
        Throwable root = root(cause);
        if (root != cause && !root.getClass().equals(cause.getClass())) {
            text.append(", caused by ").append(root.getClass().getName());
        }
        List<String> frames = List.of();
        Throwable one = cause;
        // The deepest that passed through the user's code is nearest to the mistake.
        for (int i = 0; one != null && i < MOST_CAUSES; i++, one = one.getCause()) {
            List<String> deeper = frames(one);
            frames = deeper.isEmpty() ? frames : deeper;
        }
        if (!frames.isEmpty()) {
            text.append(", at ").append(String.join(", ", frames));
        }
        return text.toString();
    }

    private static List<String> frames(Throwable cause) {
        List<String> frames = new ArrayList<>();
        for (StackTraceElement frame : cause.getStackTrace()) {
            if (frames.size() == MOST_FRAMES || frame.getClassName().startsWith(ENGINE)) {
                break;
            }
            if (NOT_THE_USERS.stream().noneMatch(frame.getClassName()::startsWith)) {
                frames.add(frame.toString());
            }
        }
        return frames;
    }

    private static Throwable root(Throwable cause) {
        Throwable root = cause;
        for (int i = 0; root.getCause() != null && i < MOST_CAUSES; i++) {
            root = root.getCause();
        }
        return root;
    }
}
