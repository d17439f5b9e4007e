package io.mqttkafka.bridge.config;

import java.nio.charset.StandardCharsets;
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
 *
 * @param guarded whether messages are marked and looked at; null to do so if the bridge has routes in both directions
 * @param identity what the marker calls the bridge; null for the client id of the bridge
 * @param marker the name of the header and user property
 * @param hopLimit how many bridges a message may pass
 * @param allowFeedback whether routes that plainly feed each other are allowed
 */
public record LoopOptions(
        @Nullable Boolean guarded, @Nullable String identity, String marker, int hopLimit, boolean allowFeedback) {
    private static final int LONGEST_NAME = 200;
    private static final int MOST_HOPS = 1_000;
    private static final LoopOptions DEFAULTS = new LoopOptions(null, null, "bridge.origin", 8, false);

    /**
     * Checks the options as the {@link Builder} does.
     *
     * @param guarded whether messages are marked and looked at; null to do so if the bridge has routes in both directions
     * @param identity what the marker calls the bridge; null for the client id of the bridge
     * @param marker the name of the header and user property
     * @param hopLimit how many bridges a message may pass
     * @param allowFeedback whether routes that plainly feed each other are allowed
     * @throws NullPointerException if {@code marker} is null
     * @throws IllegalArgumentException if an option is out of the range that its setter gives
     */
    public LoopOptions {
        if (identity != null) {
            checkedText("loops.identity", identity);
        }
        checkedMarker(marker);
        checkedHopLimit(hopLimit);
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

    /** Collects {@link LoopOptions}. An option that is set again replaces what was set before. Not thread-safe. */
    public static final class Builder {
        private @Nullable Boolean guarded;
        private @Nullable String identity;
        private String marker = DEFAULTS.marker;
        private int hopLimit = DEFAULTS.hopLimit;
        private boolean allowFeedback;

        private Builder() {}

        /**
         * Says whether messages are marked, and those that come back are stopped. A bridge that is not guarded hands markers of
         * others on as it does with all user properties and headers. Default: yes if the bridge has routes in both directions,
         * else no.
         *
         * @param guarded whether they are
         * @return this
         */
        public Builder guarded(boolean guarded) {
            this.guarded = guarded;
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
         */
        public Builder identity(String identity) {
            this.identity = checkedText("loops.identity", identity);
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
         */
        public Builder marker(String name) {
            marker = checkedMarker(name);
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
         */
        public Builder hopLimit(int hops) {
            hopLimit = checkedHopLimit(hops);
            return this;
        }

        /**
         * Allows routes that plainly feed each other, such as a mirror of the same topics in both directions. A guarded bridge
         * stops each message on its way back; one that is not lets it go round for ever. Default: refused when the bridge is
         * built.
         *
         * @return this
         */
        public Builder allowFeedback() {
            allowFeedback = true;
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         */
        public LoopOptions build() {
            return new LoopOptions(guarded, identity, marker, hopLimit, allowFeedback);
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
