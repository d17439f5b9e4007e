package io.mqttkafka.bridge.config;

import java.util.Objects;

/**
 * A text that must not be shown: {@link #toString()} hides it. It is held in memory as it is.
 *
 * <p>Immutable.
 *
 * @param reveal the text itself
 */
public record Secret(String reveal) {
    /**
     * Checks that there is one.
     *
     * @param reveal the text itself
     * @throws NullPointerException if it is null
     */
    public Secret {
        Objects.requireNonNull(reveal, "secret");
    }

    /** Returns asterisks. */
    @Override
    public String toString() {
        return "****";
    }
}
