package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.spi.Once;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a bridge keeps messages from going round in circles. A guarded bridge puts a marker on what it writes, a header in Kafka
 * and a user property in MQTT: {@code identity;hops;way}, where the hops are how many bridges the message has passed, and the
 * way is a hash of the two topics it was taken from and written to. A message that the bridge would send back to where it had
 * taken it from is acknowledged and counted ({@code RouteCounts.looped()}) instead. What an application or a device made of a
 * message under another topic is not taken for it, even with the marker copied; a circle that goes through one ends at the hop
 * limit.
 *
 * <p>Immutable.
 */
public final class LoopOptions {
    private static final int LONGEST_NAME = 200;
    private static final int MOST_HOPS = 1_000;
    private static final LoopOptions DEFAULTS = new Builder().build();

    private final @Nullable Boolean guarded;
    private final @Nullable String identity;
    private final String marker;
    private final int hopLimit;
    private final boolean allowFeedback;

    private LoopOptions(Builder builder) {
        guarded = builder.guarded;
        identity = builder.identity;
        marker = builder.marker;
        hopLimit = builder.hopLimit;
        allowFeedback = builder.allowFeedback;
    }

    /**
     * Returns the defaults.
     *
     * @return the defaults, as the {@link Builder} names them
     */
    public static LoopOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts with these options, each of which can be set anew once.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return whether messages are marked and looked at; null to do so if the bridge has routes in both directions} */
    public @Nullable Boolean guarded() {
        return guarded;
    }

    /** {@return what the marker calls the bridge; null for the client id of the bridge} */
    public @Nullable String identity() {
        return identity;
    }

    /** {@return the name of the header and user property} */
    public String marker() {
        return marker;
    }

    /** {@return how many bridges a message may pass} */
    public int hopLimit() {
        return hopLimit;
    }

    /** {@return whether routes that plainly feed each other are allowed} */
    public boolean allowFeedback() {
        return allowFeedback;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LoopOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(guarded, identity, marker, hopLimit, allowFeedback);
    }

    @Override
    public String toString() {
        return "LoopOptions[guarded=" + guarded + ", identity=" + identity + ", marker=" + marker + ", hopLimit="
                + hopLimit + ", allowFeedback=" + allowFeedback + "]";
    }

    /** Collects {@link LoopOptions}. Each option can be set once. Not thread-safe. */
    public static final class Builder {
        private final Once once = new Once();
        private @Nullable Boolean guarded;
        private @Nullable String identity;
        private String marker = "bridge.origin";
        private int hopLimit = 8;
        private boolean allowFeedback;

        private Builder() {}

        private Builder(LoopOptions options) {
            guarded = options.guarded;
            identity = options.identity;
            marker = options.marker;
            hopLimit = options.hopLimit;
            allowFeedback = options.allowFeedback;
        }

        /**
         * Says whether messages are marked, and those that come back are stopped. A bridge that is not guarded hands markers of
         * others on as it does with all user properties and headers. Default: yes if the bridge has routes in both directions,
         * else no.
         *
         * @param guarded whether they are
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder guarded(boolean guarded) {
            this.guarded = once.set("loops.guarded", guarded);
            return this;
        }

        /**
         * Sets what the marker calls the bridge. Bridges between the same MQTT broker and the same Kafka need the same identity
         * to know each other's messages, as with shared subscriptions or one bridge for each direction; bridges of different
         * brokers need different ones. Default: the client id of the bridge.
         *
         * @param identity 1 to 200 bytes of UTF-8, not blank, without control characters
         * @return this
         * @throws IllegalArgumentException if blank, too long or with control characters
         * @throws IllegalStateException if set before
         */
        public Builder identity(String identity) {
            this.identity = once.set("loops.identity", checkedText("loops.identity", identity));
            return this;
        }

        /**
         * Sets the name of the header and user property. The same for all bridges that a message can pass. Default: {@code
         * bridge.origin}.
         *
         * @param name 1 to 200 bytes of UTF-8, not blank, without control characters; not starting with {@code mqtt.} or
         *     {@code kafka.} or {@code bridge.dead-letter.}, which have their own meaning
         * @return this
         * @throws IllegalArgumentException if it is no such name
         * @throws IllegalStateException if set before
         */
        public Builder marker(String name) {
            marker = once.set("loops.marker", checkedMarker(name));
            return this;
        }

        /**
         * Sets how many bridges a message may pass. One that has passed so many is a failure, and goes to the last action of the
         * failure policy at once; where that is stop it is acknowledged, counted ({@code RouteCounts.looped()}) and logged instead,
         * as whoever may publish can claim any number. Only a guarded bridge looks at it. Default: 8.
         *
         * @param hops from 1 to 1,000
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder hopLimit(int hops) {
            hopLimit = once.set("loops.hopLimit", checkedHopLimit(hops));
            return this;
        }

        /**
         * Allows routes that plainly feed each other, such as a mirror of the same topics in both directions. A guarded bridge
         * stops each message on its way back; one that is not lets it go round for ever. Default: refused when the bridge is
         * built.
         *
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder allowFeedback() {
            allowFeedback = once.set("loops.allowFeedback", true);
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         */
        public LoopOptions build() {
            return new LoopOptions(this);
        }
    }

    private static String checkedMarker(String name) {
        checkedText("loops.marker", name);
        if (name.startsWith("mqtt.") || name.startsWith("kafka.") || name.startsWith("bridge.dead-letter.")) {
            throw new IllegalArgumentException(
                    "loops.marker: '" + name + "' starts like a header with a meaning of its own; choose another name");
        }
        return name;
    }

    private static String checkedText(String option, String text) {
        Objects.requireNonNull(text, option);
        boolean legal = !text.isBlank()
                && text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME
                && text.chars().noneMatch(Character::isISOControl);
        if (!legal) {
            throw new IllegalArgumentException(option + ": '" + shown(text) + "' must be 1 to " + LONGEST_NAME
                    + " bytes of UTF-8, not blank and without control characters");
        }
        return text;
    }

    private static String shown(String text) {
        String start = text.length() <= 80 ? text : text.substring(0, 80) + "...";
        return start.replaceAll("\\p{Cntrl}", "?");
    }

    private static int checkedHopLimit(int hops) {
        if (hops < 1 || hops > MOST_HOPS) {
            throw new IllegalArgumentException(
                    "loops.hopLimit: " + hops + " must be from 1 to " + MOST_HOPS + " bridges");
        }
        return hops;
    }
}
