package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where records go to Kafka, each confirmed with {@code acks=all}. Thread-safe.
 */
public interface KafkaSink {
    /**
     * Connects to the cluster.
     *
     * @param timeout how long to try
     * @throws BridgeStartException if it cannot be reached or refuses us; the message names the option and the mend
     */
    void open(Duration timeout);

    /**
     * Sends a record. Its outcome is told to {@code pending}, by this thread or another, exactly once.
     *
     * @param topic the topic
     * @param partition the partition, or null to place it by its key
     * @param key the key, or null
     * @param value the value, or null for a tombstone
     * @param headers its headers, or null if it has none
     * @param pending who hears of the outcome
     */
    void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers,
            PendingRecord pending);

    /**
     * Finds out whether a topic can be written to, and makes it known so that {@link #send} need not wait. Can take several
     * seconds.
     *
     * @param topic the topic
     * @return what it found
     */
    TopicResolution resolve(String topic);

    /** Hurries records that wait to be sent together. */
    void flush();

    /**
     * Gives up every record that is not confirmed (each is told as failed) and starts afresh. Returns when that is done.
     * Not to be called by the thread that tells outcomes.
     *
     * @throws BridgeStartException if that is not possible now, because no name server knows Kafka, say; call it again then
     */
    void reset();

    /**
     * Says whether the thread that sends has died, of an OutOfMemoryError mostly: what it was given is never answered, not even
     * by {@link #reset}.
     *
     * @return whether it has
     */
    default boolean dead() {
        return false;
    }

    /**
     * Gives up what is not confirmed and closes.
     *
     * @param timeout how long to wait for what is on its way
     */
    void close(Duration timeout);
}
