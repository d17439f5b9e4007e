package io.mqttkafka.bridge.message;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One header of a Kafka record. Names can repeat within a record; their order counts.
 *
 * <p>Immutable as long as nobody changes the array; two headers are equal if their bytes are.
 *
 * @param name the name
 * @param value the bytes; null is a header without a value
 */
public record Header(String name, byte @Nullable [] value) {
    /**
     * Checks the name.
     *
     * @param name the name
     * @param value the bytes; null is a header without a value
     * @throws NullPointerException if {@code name} is null
     */
    public Header {
        Objects.requireNonNull(name, "name");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Header header && name.equals(header.name) && Arrays.equals(value, header.value);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "Header[" + name + ", " + (value == null ? "no value" : value.length + " bytes") + "]";
    }
}
