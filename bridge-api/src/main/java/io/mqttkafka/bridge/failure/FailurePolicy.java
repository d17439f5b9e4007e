package io.mqttkafka.bridge.failure;

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
 * <p>The default is {@link #stop()} without retries. Messages of QoS 0 are never retried; instead of {@link Stop} they are
 * shed and counted.
 *
 * <p>Immutable.
 *
 * @param retries how often to try again after the first failure, from 0 to 1,000,000
 * @param backoff the delays between the attempts; null if and only if {@code retries} is 0
 * @param lastAction what to do when the last attempt has failed
 */
public record FailurePolicy(int retries, @Nullable Backoff backoff, Action lastAction) {
    private static final int MOST_RETRIES = 1_000_000;

    /**
     * What to do with a message that will not be tried again.
     *
     * <p>Immutable.
     */
    public sealed interface Action permits DeadLetter, Skip, Stop {}

    /**
     * Write the message to a Kafka topic as it came, with its origin and the cause in headers, then acknowledge it.
     *
     * <p>Immutable.
     *
     * @param topic the dead letter topic, a legal Kafka topic name
     */
    public record DeadLetter(String topic) implements Action {
        private static final int LONGEST_NAME = 249;

        /**
         * Checks the name.
         *
         * @param topic the dead letter topic, a legal Kafka topic name
         * @throws NullPointerException if {@code topic} is null
         * @throws IllegalArgumentException if it is not 1 to 249 of the characters {@code a-z A-Z 0-9 . _ -}, or is {@code .}
         *     or {@code ..}
         */
        public DeadLetter {
            Objects.requireNonNull(topic, "topic");
            if (topic.isEmpty()
                    || topic.length() > LONGEST_NAME
                    || topic.equals(".")
                    || topic.equals("..")
                    || !topic.chars().allMatch(DeadLetter::isLegal)) {
                throw new IllegalArgumentException("onFailure.deadLetter: '" + topic
                        + "' is not a Kafka topic name; use 1 to 249 of a-z A-Z 0-9 . _ -");
            }
        }

        private static boolean isLegal(int c) {
            return (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
        }
    }

    /**
     * Acknowledge the message and count it as skipped. The message is lost.
     *
     * <p>Immutable.
     */
    public record Skip() implements Action {}

    /**
     * Do not acknowledge the message: finish what came before it, leave the MQTT session in place and stop. MQTT has no
     * way to keep one message back and go on, so every route on the same MQTT connection stops; give a route a client id
     * of its own to keep it apart.
     *
     * <p>Immutable.
     */
    public record Stop() implements Action {}

    /**
     * Checks the numbers.
     *
     * @param retries how often to try again after the first failure, from 0 to 1,000,000
     * @param backoff the delays between the attempts; null if and only if {@code retries} is 0
     * @param lastAction what to do when the last attempt has failed
     * @throws NullPointerException if {@code lastAction} is null
     * @throws IllegalArgumentException if {@code retries} is out of range or does not go with {@code backoff}
     */
    public FailurePolicy {
        Objects.requireNonNull(lastAction, "lastAction");
        if (retries < 0 || retries > MOST_RETRIES) {
            throw new IllegalArgumentException(
                    "onFailure.retry: " + retries + " must be from 0 to " + MOST_RETRIES + " attempts");
        }
        if ((retries == 0) != (backoff == null)) {
            throw new IllegalArgumentException("onFailure.retry: " + retries + " retries need "
                    + (retries == 0 ? "no backoff" : "a backoff between them"));
        }
    }

    /**
     * Returns the policy that stops at the first failure. The default of every route.
     *
     * @return the policy
     */
    public static FailurePolicy stop() {
        return new FailurePolicy(0, null, new Stop());
    }

    /** Collects a {@link FailurePolicy}. Not thread-safe. */
    public static final class Builder {
        private int retries;
        private @Nullable Backoff backoff;
        private @Nullable Action lastAction;

        /** Makes a builder of the policy that stops at the first failure. */
        public Builder() {}

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
            if (this.backoff != null) {
                throw new IllegalStateException("onFailure.retry: was set before to " + this.retries + "; set it once");
            }
            if (retries < 1 || retries > MOST_RETRIES) {
                throw new IllegalArgumentException(
                        "onFailure.retry: " + retries + " must be from 1 to " + MOST_RETRIES + " attempts");
            }
            this.backoff = Objects.requireNonNull(backoff, "backoff");
            this.retries = retries;
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
            return lastAction(new DeadLetter(topic));
        }

        /**
         * Gives up by acknowledging the message: it is lost and counted.
         *
         * @return this
         * @throws IllegalStateException if a last action was set before
         */
        public Builder skip() {
            return lastAction(new Skip());
        }

        /**
         * Gives up by stopping. The default.
         *
         * @return this
         * @throws IllegalStateException if a last action was set before
         */
        public Builder stop() {
            return lastAction(new Stop());
        }

        private Builder lastAction(Action action) {
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
            return new FailurePolicy(retries, backoff, lastAction == null ? new Stop() : lastAction);
        }
    }
}
