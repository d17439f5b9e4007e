package io.mqttkafka.bridge.config;

import java.time.Duration;
import java.util.Objects;

/**
 * How messages of QoS 2 go to Kafka exactly once: many of them in one transaction, together with their packet ids.
 *
 * <p>Immutable.
 *
 * @param idPrefix what the transactional id starts with; the MQTT client id follows
 * @param stateTopic the compacted Kafka topic that holds packet ids
 * @param commitInterval the shortest time from one transaction to the next
 * @param commitRecords how many records make a transaction begin at once
 */
public record TransactionOptions(String idPrefix, String stateTopic, Duration commitInterval, int commitRecords) {
    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(10);
    private static final int MOST_RECORDS = 65_535;
    private static final int LONGEST_TOPIC = 249;
    private static final TransactionOptions DEFAULTS =
            new TransactionOptions("mqtt-bridge-", "__mqtt_bridge_state", Duration.ofMillis(10), 10_000);

    /**
     * Checks the options as the {@link Builder} does.
     *
     * @param idPrefix what the transactional id starts with
     * @param stateTopic the compacted Kafka topic that holds packet ids
     * @param commitInterval the shortest time from one transaction to the next
     * @param commitRecords how many records make a transaction begin at once
     * @throws NullPointerException if a part is null
     * @throws IllegalArgumentException if {@code stateTopic} is no legal name of a Kafka topic, {@code commitInterval} is not
     *     from 0 to 10 seconds, or {@code commitRecords} not from 1 to 65,535
     */
    public TransactionOptions {
        Objects.requireNonNull(idPrefix, "idPrefix");
        checkedTopic(stateTopic);
        checkedInterval(commitInterval);
        checkedRecords(commitRecords);
    }

    /**
     * Returns the defaults.
     *
     * @return the defaults, as the {@link Builder} names them
     */
    public static TransactionOptions defaults() {
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

    /** Collects {@link TransactionOptions}. An option that is set again replaces what was set before. Not thread-safe. */
    public static final class Builder {
        private String idPrefix = DEFAULTS.idPrefix;
        private String stateTopic = DEFAULTS.stateTopic;
        private Duration commitInterval = DEFAULTS.commitInterval;
        private int commitRecords = DEFAULTS.commitRecords;

        private Builder() {}

        /**
         * Sets what the transactional id starts with; the MQTT client id follows. Bridges with the same client id shut each
         * other out by it, and access rights are given by it. Default: {@code mqtt-bridge-}.
         *
         * @param prefix the prefix; can be empty
         * @return this
         */
        public Builder idPrefix(String prefix) {
            idPrefix = Objects.requireNonNull(prefix, "prefix");
            return this;
        }

        /**
         * Sets the Kafka topic that holds packet ids. It is created if it is missing, with one partition and as many
         * replicas as there are brokers, up to three; if it exists, it must be compacted. Bridges can share it. Default: {@code
         * __mqtt_bridge_state}.
         *
         * @param topic its name
         * @return this
         * @throws IllegalArgumentException if it is no legal name of a Kafka topic
         */
        public Builder stateTopic(String topic) {
            stateTopic = checkedTopic(topic);
            return this;
        }

        /**
         * Sets the shortest time from the beginning of one transaction to that of the next. A message that comes after a
         * pause is written at once; those that come close together share a transaction. Longer is cheaper for Kafka, shorter
         * is sooner readable and acknowledged. Default: 10 milliseconds.
         *
         * @param interval from 0 to 10 seconds
         * @return this
         * @throws IllegalArgumentException if out of range
         */
        public Builder commitInterval(Duration interval) {
            commitInterval = checkedInterval(interval);
            return this;
        }

        /**
         * Sets how many records make a transaction begin before the {@linkplain #commitInterval interval} is over, and how
         * many it holds at the most. The receive maximum bounds it too. Default: 10,000.
         *
         * @param records from 1 to 65,535
         * @return this
         * @throws IllegalArgumentException if out of range
         */
        public Builder commitRecords(int records) {
            commitRecords = checkedRecords(records);
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         */
        public TransactionOptions build() {
            return new TransactionOptions(idPrefix, stateTopic, commitInterval, commitRecords);
        }
    }

    private static boolean isLegal(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || ".-_".indexOf(c) >= 0;
    }

    private static String checkedTopic(String topic) {
        Objects.requireNonNull(topic, "topic");
        boolean legal = !topic.isEmpty()
                && topic.length() <= LONGEST_TOPIC
                && !topic.equals(".")
                && !topic.equals("..")
                && topic.chars().allMatch(TransactionOptions::isLegal);
        if (!legal) {
            throw new IllegalArgumentException("kafka.transactions.stateTopic: '" + topic
                    + "' is no name of a Kafka topic; use letters, digits, '.', '_' and '-', " + LONGEST_TOPIC
                    + " at the most");
        }
        return topic;
    }

    private static Duration checkedInterval(Duration interval) {
        Objects.requireNonNull(interval, "interval");
        if (interval.isNegative() || interval.compareTo(LONGEST_INTERVAL) > 0) {
            throw new IllegalArgumentException(
                    "kafka.transactions.commitInterval: " + interval + " must be from 0 to " + LONGEST_INTERVAL);
        }
        return interval;
    }

    private static int checkedRecords(int records) {
        if (records < 1 || records > MOST_RECORDS) {
            throw new IllegalArgumentException(
                    "kafka.transactions.commitRecords: " + records + " must be from 1 to " + MOST_RECORDS);
        }
        return records;
    }
}
