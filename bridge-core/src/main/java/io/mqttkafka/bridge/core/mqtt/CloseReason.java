package io.mqttkafka.bridge.core.mqtt;

import org.jspecify.annotations.Nullable;

/**
 * Why a connection has ended.
 *
 * @param text what happened, in words
 * @param reasonCode the MQTT reason code that the broker gave; -1 if it gave none
 * @param malformed whether the broker sent what cannot be understood
 * @param cause the exception behind it, or null
 */
public record CloseReason(
        String text,
        int reasonCode,
        boolean malformed,
        @Nullable Throwable cause) {
    private static final int SESSION_TAKEN_OVER = 0x8E;

    /**
     * Makes a reason without a code.
     *
     * @param text what happened, in words
     * @param cause the exception behind it, or null
     * @return the reason
     */
    public static CloseReason of(String text, @Nullable Throwable cause) {
        return new CloseReason(text, -1, false, cause);
    }

    /** Says whether another client has connected with the same client id. */
    public boolean takenOver() {
        return reasonCode == SESSION_TAKEN_OVER;
    }

    /** Says whether somebody has to mend something before a connection can last. */
    public boolean lasting() {
        return ReasonCodes.ofDisconnect(reasonCode) == ReasonCodes.Meaning.ROUTE
                || (cause instanceof MqttConnectException refused && !refused.passing());
    }

    /** Says whether the next connection will hardly be better: the fault is on our side, not one of the network. */
    public boolean hopeless() {
        return ReasonCodes.ofDisconnect(reasonCode) == ReasonCodes.Meaning.MESSAGE
                || cause instanceof RuntimeException
                || cause instanceof Error;
    }
}
