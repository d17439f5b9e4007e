package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where records go to Kafka, each confirmed with {@code acks=all}. Thread-safe.
 */
public interface RecordSender {
    /**
     * Connects to the cluster.
     *
     * @param timeout how long to try
     * @throws BridgeStartException if it cannot be reached or refuses us; the message names the option and the mend
     */
    void open(Duration timeout);

    /**
     * Sends a record. Its outcome is told to {@code pending}, by this thread or another, exactly once. After one whose outcome
     * nobody knows ({@link SendFailure.Kind#BROKEN}) nothing is written before {@link #reset}.
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

    /**
     * Does the same, but does not wait for a topic that is not there: one that Kafka would create is missing.
     *
     * @param topic the topic
     * @return what it found
     */
    TopicResolution look(String topic);

    /**
     * Says whether {@link #resolve} can make Kafka create a topic that is missing. Can take several seconds.
     *
     * @param topic the topic
     * @return whether it can; null if Kafka does not tell us
     */
    @Nullable
    Boolean creates(String topic);

    /** Returns how large a record may be before it is not even sent, in bytes; Kafka itself may take less. */
    int largestRecord();

    /**
     * Says which producer is in use, counted from 1: records of messages that were received under an earlier one are refused,
     * for their messages come again.
     *
     * @return the number
     */
    int generation();

    /**
     * Says whether records of a topic are under way.
     *
     * @param topic the topic
     * @return whether the outcome of one is open
     */
    boolean isUnderWay(String topic);

    /**
     * Writes nothing more, and gives up every record that is not confirmed: each is told as failed. To be mended by {@link
     * #reset}. Not to be called by the thread that tells outcomes.
     */
    void breakOff();

    /**
     * Looks for topics that have been lost while records for them are under way. To be called every now and then, always by one
     * thread; does not wait.
     *
     * @param nowNanos the time
     * @param lost is told of such topics, by another thread, when nothing more is taken; then all that waits is given up
     */
    void watch(long nowNanos, Consumer<TopicLostException> lost);

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
