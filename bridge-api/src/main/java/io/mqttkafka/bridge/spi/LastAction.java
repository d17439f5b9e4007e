package io.mqttkafka.bridge.spi;

import java.util.Objects;

/**
 * What a {@link io.mqttkafka.bridge.failure.FailurePolicy} does with a message that will not be tried again.
 *
 * <p>Immutable.
 */
public sealed interface LastAction {
    /**
     * Write the message to a Kafka topic as it came, with its origin and the cause in headers, then acknowledge it.
     *
     * <p>Immutable.
     *
     * @param topic the dead letter topic, a legal Kafka topic name
     */
    record DeadLetter(String topic) implements LastAction {
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
    record Skip() implements LastAction {}

    /**
     * Do not acknowledge the message: finish what came before it, leave the MQTT session in place and stop. MQTT has no
     * way to keep one message back and go on, so every route on the same MQTT connection stops; give a route a client id
     * of its own to keep it apart.
     *
     * <p>Immutable.
     */
    record Stop() implements LastAction {}
}
