package io.mqttkafka.bridge.config;

import io.mqttkafka.bridge.spi.Once;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How messages of QoS 2 go to Kafka exactly once: many of them in one transaction, together with their packet ids.
 *
 * <p>Immutable.
 */
public final class TransactionOptions {
    private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(10);
    private static final int MOST_RECORDS = 65_535;
    private static final int LONGEST_TOPIC = 249;
    private static final TransactionOptions DEFAULTS = new Builder().build();

    private final String idPrefix;
    private final String stateTopic;
    private final Duration commitInterval;
    private final int commitRecords;

    private TransactionOptions(Builder builder) {
        idPrefix = builder.idPrefix;
        stateTopic = builder.stateTopic;
        commitInterval = builder.commitInterval;
        commitRecords = builder.commitRecords;
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

    /**
     * Starts with these options, each of which can be set anew once.
     *
     * @return a builder
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return what the transactional id starts with; the MQTT client id follows} */
    public String idPrefix() {
        return idPrefix;
    }

    /** {@return the compacted Kafka topic that holds packet ids} */
    public String stateTopic() {
        return stateTopic;
    }

    /** {@return the shortest time from one transaction to the next} */
    public Duration commitInterval() {
        return commitInterval;
    }

    /** {@return how many records make a transaction begin at once} */
    public int commitRecords() {
        return commitRecords;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TransactionOptions options && parts().equals(options.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    private List<@Nullable Object> parts() {
        return Arrays.asList(idPrefix, stateTopic, commitInterval, commitRecords);
    }

    @Override
    public String toString() {
        return "TransactionOptions[idPrefix=" + idPrefix + ", stateTopic=" + stateTopic + ", commitInterval="
                + commitInterval + ", commitRecords=" + commitRecords + "]";
    }

    /** Collects {@link TransactionOptions}. Each option can be set once. Not thread-safe. */
    public static final class Builder {
        private final Once once = new Once();
        private String idPrefix = "mqtt-bridge-";
        private String stateTopic = "__mqtt_bridge_state";
        private Duration commitInterval = Duration.ofMillis(10);
        private int commitRecords = 10_000;

        private Builder() {}

        private Builder(TransactionOptions options) {
            idPrefix = options.idPrefix;
            stateTopic = options.stateTopic;
            commitInterval = options.commitInterval;
            commitRecords = options.commitRecords;
        }

        /**
         * Sets what the transactional id starts with; the MQTT client id follows. Bridges with the same client id shut each
         * other out by it, and access rights are given by it. Default: {@code mqtt-bridge-}.
         *
         * @param prefix the prefix; can be empty
         * @return this
         * @throws IllegalStateException if set before
         */
        public Builder idPrefix(String prefix) {
            idPrefix = once.set("kafka.transactions.idPrefix", Objects.requireNonNull(prefix, "prefix"));
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
         * @throws IllegalStateException if set before
         */
        public Builder stateTopic(String topic) {
            stateTopic = once.set("kafka.transactions.stateTopic", checkedTopic(topic));
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
         * @throws IllegalStateException if set before
         */
        public Builder commitInterval(Duration interval) {
            commitInterval = once.set("kafka.transactions.commitInterval", checkedInterval(interval));
            return this;
        }

        /**
         * Sets how many records make a transaction begin before the {@linkplain #commitInterval interval} is over, and how
         * many it holds at the most. The receive maximum bounds it too. Default: 10,000.
         *
         * @param records from 1 to 65,535
         * @return this
         * @throws IllegalArgumentException if out of range
         * @throws IllegalStateException if set before
         */
        public Builder commitRecords(int records) {
            commitRecords = once.set("kafka.transactions.commitRecords", checkedRecords(records));
            return this;
        }

        /**
         * Builds the options.
         *
         * @return the options
         */
        public TransactionOptions build() {
            return new TransactionOptions(this);
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
