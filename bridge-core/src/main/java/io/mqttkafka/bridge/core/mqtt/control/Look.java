package io.mqttkafka.bridge.core.mqtt.control;

/**
 * What is to be done at a time.
 *
 * @param action what
 * @param packet the packet that is waited for, or an empty text
 * @param nextNanos when to look again at the latest, by the clock that the time was read from
 */
public record Look(Action action, String packet, long nextNanos) {
    /** What is to be done. */
    public enum Action {
        /** Nothing. */
        NONE,
        /** Send PINGREQ; its answer is waited for from now on. */
        PING,
        /** Tell that messages come, and the answer does not. */
        WARN,
        /** Give the connection up: the answer has not come. */
        GIVE_UP
    }
}
