package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.error.DeliveryException;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections that ended for want of memory, and says when there have been too many without one message brought to
 * an end in between: what fills the heap would fill it again. For one thread.
 */
public final class Starvation {
    private static final int MOST_IN_A_ROW = 3;
    private static final int DEEPEST = 16;
    private static final long MIB = 1024 * 1024;

    private int inARow;

    /**
     * Judges the end of a connection.
     *
     * @param cause what ended it, or null
     * @param achieving whether a message was brought to an end on it
     * @return why there is to be no other; null if there may be
     */
    @Nullable
    public DeliveryException judge(@Nullable Throwable cause, boolean achieving) {
        boolean starved = isWantOfMemory(cause);
        // Whatever else ended a connection in between is no progress.
        inARow = achieving ? (starved ? 1 : 0) : inARow + (starved ? 1 : 0);
        return inARow < MOST_IN_A_ROW
                ? null
                : new DeliveryException(
                        "the heap of " + Runtime.getRuntime().maxMemory() / MIB + " MiB was full " + inARow
                                + " times (OutOfMemoryError) without one message acknowledged in between; raise -Xmx, or lower"
                                + " mqtt.maxInFlightBytes and mqtt.maximumPacketSize",
                        cause);
    }

    /**
     * Makes the reason for the end of a connection of what one of our threads, or Kafka's client, met with. It has no cause but
     * want of memory: whatever else ended it is judged where it came up.
     *
     * @param what what failed
     * @param cause what was thrown
     * @return the reason
     */
    public static CloseReason reason(String what, Throwable cause) {
        return CloseReason.of(what + ": " + SafeText.withRoot(cause), isWantOfMemory(cause) ? cause : null);
    }

    private static boolean isWantOfMemory(@Nullable Throwable cause) {
        Throwable one = cause;
        for (int depth = 0; one != null && depth < DEEPEST; depth++) {
            if (one instanceof OutOfMemoryError) {
                return true;
            }
            one = one.getCause();
        }
        return false;
    }
}
