package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.error.MalformedPayloadException;
import org.jspecify.annotations.Nullable;

/**
 * Why a message could not go on.
 *
 * @param kind what to do about it
 * @param cause what happened
 */
public record Failure(Kind kind, Throwable cause) {
    private static final int MOST_CAUSES = 20;

    /** What to do about a failure. */
    public enum Kind {
        /** Try again if the policy of the route says so. */
        RETRYABLE,
        /** Trying again is of no use. */
        FINAL,
        /** Trying again is of no use either, but less of it may go. */
        TOO_LARGE,
        /** The route cannot do its work, whatever the message: it stops. */
        PROGRAM,
        /** Try again until it works. */
        UNHEARD,
        /** Find out what is the matter with the Kafka topic. */
        TOPIC_UNKNOWN
    }

    /**
     * Judges what code of the route or of the bridge threw.
     *
     * @throws OutOfMemoryError if it is one: neither the message nor the program need be to blame, so the connection breaks
     */
    public static Failure thrown(Throwable cause) {
        if (cause instanceof OutOfMemoryError e) {
            throw e;
        }
        Throwable program = programFailure(cause);
        if (program != null) {
            return new Failure(Kind.PROGRAM, notOfTheMessage(program, cause));
        }
        boolean hopeless = cause instanceof HopLimitException || cause instanceof MalformedPayloadException;
        return new Failure(hopeless ? Kind.FINAL : Kind.RETRYABLE, cause);
    }

    /**
     * Finds what says that the program is broken rather than the message: an error of any kind but those that a payload can
     * provoke in sound code, and a class or method that is missing also where it was caught and wrapped. Null if there is none.
     */
    private static @Nullable Throwable programFailure(Throwable cause) {
        if (cause instanceof Error && !(cause instanceof StackOverflowError) && !(cause instanceof AssertionError)) {
            return cause;
        }
        Throwable one = cause;
        for (int i = 0; one != null && i < MOST_CAUSES; i++, one = one.getCause()) {
            if (one instanceof LinkageError) {
                return one;
            }
        }
        return null;
    }

    private static DeliveryException notOfTheMessage(Throwable program, Throwable cause) {
        // Those of the JDK are made by the JVM, of names of classes and methods.
        String message =
                program instanceof LinkageError && program.getClass().getName().startsWith("java.lang.")
                        ? program.getMessage()
                        : null;
        return new DeliveryException(
                "the code of the route cannot run: " + program.getClass().getName()
                        + (message == null ? "" : " (" + UntrustedText.escape(message) + ")")
                        + "; no message is to blame, so none was given up: mend the class path or the code, and start again",
                cause);
    }

    /** Translates what the sink said; not for a broken sink, which is no failure of one message. */
    public static Failure of(SendFailure failure) {
        return switch (failure.kind()) {
            case REFUSED -> new Failure(Kind.FINAL, failure.cause());
            case TOO_LARGE -> new Failure(Kind.TOO_LARGE, failure.cause());
            case DENIED -> new Failure(Kind.RETRYABLE, failure.cause());
            case NOT_SENT -> new Failure(Kind.TOPIC_UNKNOWN, failure.cause());
            case BROKEN -> throw new IllegalArgumentException("a broken sink is no failure of one message");
        };
    }
}
