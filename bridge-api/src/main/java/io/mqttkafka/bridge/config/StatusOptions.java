package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.Once;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a bridge says in MQTT how it is, as a retained message of QoS 1 whose payload is one word: {@code online} once it has
 * started; {@code draining} while it closes and waits for messages in flight; {@code offline} when it is closed, when all its
 * routes have stopped, or, by its will, when it has been gone for the will delay. It says so on a connection of its own, so that
 * it works for every bridge and a reconnect within the delay tells nobody anything.
 *
 * <p>Immutable.
 */
public final class StatusOptions {
    private static final Duration DEFAULT_WILL_DELAY = Duration.ofSeconds(30);
    private static final Duration LONGEST_WILL_DELAY = Duration.ofDays(1);
    private static final int LONGEST_STRING = 65_535;

    private final String topic;
    private final Duration willDelay;
    private final @Nullable String clientId;

    private StatusOptions(String topic, Builder builder) {
        this.topic = topic;
        willDelay = builder.willDelay;
        clientId = builder.clientId;
    }

    /**
     * Starts with the defaults.
     *
     * @return a builder without a topic
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

    /** {@return the MQTT topic} */
    public String topic() {
        return topic;
    }

    /** {@return how long the bridge has to be gone before the broker says {@code offline} in its place} */
    public Duration willDelay() {
        return willDelay;
    }

    /** {@return the client id of the connection, or null for that of the bridge and {@code -status}} */
    public @Nullable String clientId() {
        return clientId;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StatusOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(topic, willDelay, clientId);
    }

    @Override
    public String toString() {
        return "StatusOptions[topic=" + topic + ", willDelay=" + willDelay + ", clientId=" + clientId + "]";
    }

    /** Collects {@link StatusOptions}. Each option can be set once. Not thread-safe. */
    public static final class Builder {
        private final Once once = new Once();
        private @Nullable String topic;
        private Duration willDelay = DEFAULT_WILL_DELAY;
        private @Nullable String clientId;

        private Builder() {}

        private Builder(StatusOptions options) {
            topic = options.topic;
            willDelay = options.willDelay;
            clientId = options.clientId;
        }

        /**
         * Sets the MQTT topic. Each bridge needs one of its own.
         *
         * @param topic 1 to 65,535 bytes of UTF-8 without {@code +}, {@code #} and control characters
         * @return this
         * @throws IllegalArgumentException if it is no such topic
         * @throws IllegalStateException if set before
         */
        public Builder topic(String topic) {
            this.topic = once.set("status.topic", checkedTopic(topic));
            return this;
        }

        /**
         * Sets how long the bridge has to be gone before the broker says {@code offline} in its place. A bridge that comes back
         * sooner, after a broken connection or a restart of its process, was never offline. Default: 30 seconds.
         *
         * @param delay from 0 to 1 day, in whole seconds
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder willDelay(Duration delay) {
            willDelay = once.set("status.willDelay", checkedDelay(delay));
            return this;
        }

        /**
         * Sets the client id of the connection. Default: that of the bridge and {@code -status}.
         *
         * @param id a client id that no route and no other client uses, 1 to 65,535 bytes of UTF-8, not blank, without U+0000
         * @return this
         * @throws IllegalArgumentException if blank, too long or with U+0000
         * @throws IllegalStateException if set before
         */
        public Builder clientId(String id) {
            clientId = once.set("status.clientId", checkedClientId(id));
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         * @throws BridgeConfigException if there is no topic
         */
        public StatusOptions build() {
            if (topic == null) {
                throw new BridgeConfigException("status.topic: is not set; add .topic(\"bridges/edge-1/status\")");
            }
            return new StatusOptions(topic, this);
        }
    }

    private static String checkedTopic(String topic) {
        Objects.requireNonNull(topic, "topic");
        boolean legal = !topic.isEmpty()
                && utf8Length(topic) <= LONGEST_STRING
                && topic.chars().noneMatch(c -> c == '+' || c == '#' || Character.isISOControl(c));
        if (!legal) {
            throw new IllegalArgumentException("status.topic: '" + shown(topic) + "' must be 1 to " + LONGEST_STRING
                    + " bytes of UTF-8 without '+', '#' and control characters");
        }
        return topic;
    }

    private static Duration checkedDelay(Duration delay) {
        Objects.requireNonNull(delay, "willDelay");
        if (delay.isNegative() || delay.compareTo(LONGEST_WILL_DELAY) > 0) {
            throw new IllegalArgumentException(
                    "status.willDelay: " + delay + " must be from 0 to " + LONGEST_WILL_DELAY);
        }
        if (delay.getNano() != 0) {
            throw new IllegalArgumentException("status.willDelay: " + delay + " must be whole seconds");
        }
        return delay;
    }

    private static String checkedClientId(String id) {
        Objects.requireNonNull(id, "clientId");
        if (id.isBlank() || id.indexOf('\0') >= 0 || utf8Length(id) > LONGEST_STRING) {
            throw new IllegalArgumentException("status.clientId: '" + shown(id) + "' must be 1 to " + LONGEST_STRING
                    + " bytes of UTF-8, not blank and without U+0000");
        }
        return id;
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static String shown(String text) {
        String start = text.length() <= 80 ? text : text.substring(0, 80) + "...";
        return start.replaceAll("\\p{Cntrl}", "?");
    }
}
