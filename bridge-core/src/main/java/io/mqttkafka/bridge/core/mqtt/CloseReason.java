package io.mqttkafka.bridge.core.mqtt;

import java.util.Set;
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

    /** Bad credentials, not authorized, banned, bad authentication method, use another server, server moved. */
    private static final Set<Integer> LASTING = Set.of(0x86, 0x87, 0x8A, 0x8C, 0x9C, 0x9D);

    /** Malformed packet, protocol error, topic name invalid, packet too large, payload format invalid, QoS or shared subscriptions not supported. */
    private static final Set<Integer> OUR_MISTAKE = Set.of(0x81, 0x82, 0x90, 0x95, 0x99, 0x9B, 0x9E);

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
        return LASTING.contains(reasonCode) || (cause instanceof MqttConnectException refused && !refused.passing());
    }

    /** Says whether the next connection will hardly be better: the fault is on our side, not one of the network. */
    public boolean hopeless() {
        return OUR_MISTAKE.contains(reasonCode) || cause instanceof RuntimeException || cause instanceof Error;
    }
}
