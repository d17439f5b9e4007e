package io.mqttkafka.bridge.spi;

import java.util.HashMap;
import java.util.Map;

/**
 * Sees to it that each option of a builder or a chain is set once: the second value would silently void the first.
 *
 * <p>Not thread-safe.
 */
public final class Once {
    private final Map<String, Object> values;

    /** Makes one of which nothing is set. */
    public Once() {
        values = new HashMap<>();
    }

    /**
     * Makes a copy, as stages need it that are immutable.
     *
     * @param other what is set so far
     */
    public Once(Once other) {
        values = new HashMap<>(other.values);
    }

    /**
     * Says whether an option was set.
     *
     * @param option how messages call the option
     * @return whether it was
     */
    public boolean isSet(String option) {
        return values.containsKey(option);
    }

    /**
     * Notes a value.
     *
     * @param <V> the type of the value
     * @param option how messages call the option
     * @param value the value; shown if the option is set again
     * @return the value
     * @throws IllegalStateException if the option was set before; the message names both values
     */
    public <V> V set(String option, V value) {
        note(option, value);
        return value;
    }

    /**
     * Notes what stands for a value that messages must not show, or that says nothing.
     *
     * @param option how messages call the option
     * @param shown what messages show instead of the value
     * @throws IllegalStateException if the option was set before
     */
    public void note(String option, Object shown) {
        Object before = values.putIfAbsent(option, shown);
        if (before != null) {
            throw new IllegalStateException(
                    option + ": was set before to " + before + ", and now to " + shown + "; set it once");
        }
    }
}
