package io.mqttkafka.bridge.message;

import java.util.Objects;

/**
 * One MQTT 5 user property. Names can repeat within a message; their order counts.
 *
 * <p>Immutable.
 *
 * @param name the name
 * @param value the value
 */
public record UserProperty(String name, String value) {
    /**
     * Checks its parts.
     *
     * @param name the name
     * @param value the value
     * @throws NullPointerException if a part is null
     */
    public UserProperty {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
    }

    /** Shows the name, and of the value only its length: it is content of the message. */
    @Override
    public String toString() {
        return "UserProperty[" + name + ", " + value.length() + " characters]";
    }
}
