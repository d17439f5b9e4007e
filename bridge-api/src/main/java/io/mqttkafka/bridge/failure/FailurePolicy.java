package io.mqttkafka.bridge.failure;

import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.Once;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a route does with a message it cannot deliver: try again for a while, then give up in a way the user chose.
 *
 * <p>A message fails when a codec, filter, mapper or partitioner throws, when a topic name is not legal, when the record
 * is too large, or when Kafka refuses it for good (unknown or unauthorised topic). A Kafka that is down or slow is not a
 * failure of the message: it waits, and the MQTT broker queues.
 *
 * <p>While a message is retried, later messages of the same route wait behind it, so that order is kept. Failures that a
 * repetition cannot mend (too large, illegal name, {@link io.mqttkafka.bridge.error.MalformedPayloadException}) go to the last
 * action at once. Other exceptions of codecs, filters and mappers are retried, as what they ask may answer later.
 *
 * <p>A failure of the program is none of the message: a class or method that is missing ({@link LinkageError}, also as a
 * cause), and any other {@link Error} but {@link StackOverflowError}, {@link AssertionError} and {@link OutOfMemoryError}, stops
 * the route whatever its policy, and no message is given up. After an {@code OutOfMemoryError} the message is delivered again.
 *
 * <p>The first retry, dead letter and skip of a route is logged with the class of the exception and the frames of the user's
 * code, never its message unless it is a {@link io.mqttkafka.bridge.error.BridgeException}; more are counted once a minute.
 *
 * <p>The default is {@link #stop()} without retries. Messages of QoS 0 are never retried; instead of stopping they are
 * shed and counted.
 *
 * <p>Immutable.
 */
public final class FailurePolicy {
    private static final int MOST_RETRIES = 1_000_000;

    private final int retries;
    private final @Nullable Backoff backoff;
    private final LastAction lastAction;

    private FailurePolicy(int retries, @Nullable Backoff backoff, LastAction lastAction) {
        this.retries = retries;
        this.backoff = backoff;
        this.lastAction = lastAction;
    }

    /**
     * Returns the policy that stops at the first failure. The default of every route.
     *
     * @return the policy
     */
    public static FailurePolicy stop() {
        return new FailurePolicy(0, null, new LastAction.Stop());
    }

    /**
     * Starts with the policy that stops at the first failure.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return how often to try again after the first failure, from 0 to 1,000,000} */
    public int retries() {
        return retries;
    }

    /** {@return the delays between the attempts; null if and only if there are no retries} */
    public @Nullable Backoff backoff() {
        return backoff;
    }

    /** {@return what to do when the last attempt has failed} */
    public LastAction lastAction() {
        return lastAction;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FailurePolicy policy
                && retries == policy.retries
                && Objects.equals(backoff, policy.backoff)
                && lastAction.equals(policy.lastAction);
    }

    @Override
    public int hashCode() {
        return Objects.hash(retries, backoff, lastAction);
    }

    @Override
    public String toString() {
        return "FailurePolicy[retries=" + retries + ", backoff=" + backoff + ", lastAction=" + lastAction + "]";
    }

    /** Collects a {@link FailurePolicy}. Each option can be set once. Not thread-safe. */
    public static final class Builder {
        private final Once once = new Once();
        private int retries;
        private @Nullable Backoff backoff;
        private @Nullable LastAction lastAction;

        private Builder() {}

        /**
         * Tries again before giving up. Default: no retries.
         *
         * @param retries how often, from 1 to 1,000,000
         * @param backoff the delays between the attempts
         * @return this
         * @throws IllegalStateException if called before
         * @throws IllegalArgumentException if {@code retries} is out of range
         */
        public Builder retry(int retries, Backoff backoff) {
            if (retries < 1 || retries > MOST_RETRIES) {
                throw new IllegalArgumentException(
                        "onFailure.retry: " + retries + " must be from 1 to " + MOST_RETRIES + " attempts");
            }
            Objects.requireNonNull(backoff, "backoff");
            this.retries = once.set("onFailure.retry", retries);
            this.backoff = backoff;
            return this;
        }

        /**
         * Gives up by writing the message to a dead letter topic. The message is acknowledged when Kafka has confirmed it
         * there; if it cannot be written there either, the route stops.
         *
         * <p>A dead letter that Kafka finds too large is cut until it fits: the end of the payload, then headers, then the key are
         * left out, and {@code bridge.dead-letter.cut} says which of {@code payload,headers,key}; {@code .size} and {@code
         * .sha-256} are those of the payload as it came. Only one of less than 1 KB that is still too large stops the route.
         *
         * <p>The record has the payload as it came, and the headers {@code bridge.dead-letter.route}, {@code .cause} (the class
         * of the exception), {@code .message} and {@code .attempts}. From MQTT, {@code mqtt.topic} and the other metadata
         * headers and the user properties follow; from Kafka, {@code bridge.dead-letter.origin} ({@code topic-partition@offset})
         * and the headers of the record.
         *
         * @param topic a legal Kafka topic name; the topic should exist with enough replicas; it must not start with
         *     {@code __}, unless the route allows internal topics
         * @return this
         * @throws IllegalArgumentException if it is not a legal name
         * @throws IllegalStateException if a last action was set before
         */
        public Builder deadLetter(String topic) {
            return lastAction(new LastAction.DeadLetter(topic));
        }

        /**
         * Gives up by acknowledging the message: it is lost and counted.
         *
         * @return this
         * @throws IllegalStateException if a last action was set before
         */
        public Builder skip() {
            return lastAction(new LastAction.Skip());
        }

        /**
         * Gives up by stopping. The default.
         *
         * @return this
         * @throws IllegalStateException if a last action was set before
         */
        public Builder stop() {
            return lastAction(new LastAction.Stop());
        }

        private Builder lastAction(LastAction action) {
            if (lastAction != null) {
                throw new IllegalStateException(
                        "onFailure: " + action + " conflicts with " + lastAction + "; choose one of them");
            }
            lastAction = action;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @return the policy
         */
        public FailurePolicy build() {
            return new FailurePolicy(retries, backoff, lastAction == null ? new LastAction.Stop() : lastAction);
        }
    }
}
