package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.mqtt.CloseReason;
import java.io.EOFException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that another client uses the client id where the broker has no word for it: in MQTT 3.1.1 it closes the connection of
 * the one when the other connects. Two clients that take the session from each other in turn lose it soon after CONNACK, again and
 * again; the one that has lost it three times within a keep-alive leaves it to the other. For one thread.
 */
final class TakeoverPattern {
    private static final int MOST = 3;
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final int SESSION_TAKEN_OVER = 0x8E;

    private final long[] closedAt = new long[MOST];
    private int closes;

    /** What follows from the end of a connection. */
    enum Finding {
        /** Nothing. */
        NONE,
        /** It happened again: to be told. */
        SUSPICION,
        /** It happened too often. */
        TAKEN_OVER
    }

    /**
     * Looks at the end of a connection that the broker had accepted, by a version that knows no reasons.
     *
     * @param reason why it has ended
     * @param lived how long it had lasted
     * @param keepAlive the keep-alive
     * @param now the time in nanoseconds
     * @return what follows
     */
    Finding look(CloseReason reason, Duration lived, Duration keepAlive, long now) {
        Duration soon = keepAlive.dividedBy(MOST).compareTo(SOON) < 0 ? keepAlive.dividedBy(MOST) : SOON;
        if (!closedByBroker(reason.cause()) || lived.compareTo(soon) > 0) {
            return Finding.NONE;
        }
        closedAt[closes % MOST] = now;
        closes++;
        int recent = 0;
        for (int i = 0; i < Math.min(closes, MOST); i++) {
            recent += now - closedAt[i] <= keepAlive.toNanos() ? 1 : 0;
        }
        return recent >= MOST ? Finding.TAKEN_OVER : recent > 1 ? Finding.SUSPICION : Finding.NONE;
    }

    /** Words the last end so that it is judged as what it is. */
    static CloseReason takenOver(CloseReason reason) {
        return new CloseReason(
                "the MQTT broker closed " + MOST
                        + " connections soon after it had accepted them, as it does in MQTT 3.1.1 when"
                        + " another client uses the client id, or when it does not allow what this one asks for; see the log of the"
                        + " broker",
                SESSION_TAKEN_OVER,
                false,
                reason.cause());
    }

    /** A connection that breaks is another matter. */
    private static boolean closedByBroker(@Nullable Throwable cause) {
        for (Throwable one = cause; one != null; one = one.getCause()) {
            if (one instanceof EOFException) {
                return true;
            }
        }
        return false;
    }
}
