package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a {@link RecordHandler} with the records of one route: a consumer of its own does, as {@link RecordReader}, or whoever
 * else is given the records. Thread-safe.
 *
 * <p>One thread at a time calls the handler; {@link PartitionBook} keeps the books for it.
 */
public interface RecordFeed {
    /** Makes the feed of a route. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes a feed that is not open.
         *
         * @param reading what to read
         * @param handler takes the records
         * @return the feed
         */
        RecordFeed make(Reading reading, RecordHandler handler);
    }

    /**
     * What a feed reads.
     *
     * @param route the name of the route
     * @param topics the topics, unless there is a pattern
     * @param pattern what topics have to match; null if they are named
     * @param group the group
     * @param clientId the MQTT client id, by which Kafka's logs call us
     * @param mostOpen the most records that are taken and not committed
     * @param mostHeaders the most headers of a record that become user properties
     * @param mostHeaderBytes the most bytes of their names and values
     */
    record Reading(
            String route,
            List<String> topics,
            @Nullable Pattern pattern,
            String group,
            String clientId,
            int mostOpen,
            int mostHeaders,
            int mostHeaderBytes) {
        /** Metadata, a marker, what a dead letter says; topic, response topic, content type and correlation data have 64 KiB. */
        private static final int HEADERS_OF_OURS = 16;

        private static final int BYTES_OF_OURS = 5 * 64 * 1024;

        /** Returns how many headers of a record are kept. */
        public KeptHeaders.Limit headers() {
            return new KeptHeaders.Limit(mostHeaders, mostHeaderBytes, HEADERS_OF_OURS, BYTES_OF_OURS);
        }
    }

    /**
     * Makes sure that there is something to read. May be called again when it has failed.
     *
     * @param timeout how long to try
     * @throws BridgeStartException if the records cannot be had
     */
    void open(Duration timeout);

    /** Begins to hand records out, unless it has been stopped already. */
    void start();

    /** Makes it look whether a record can be taken. Cheap if it is going to look anyway. */
    void wake();

    /**
     * Takes no more records, and ends by itself as {@link #stop} does. May be called by the handler.
     *
     * @param drain how long to wait for records in flight
     */
    void endSoon(Duration drain);

    /**
     * Takes no more records, waits for those in flight, has done with what is settled, and returns when all is done.
     *
     * @param drain how long to wait for records in flight
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    void stop(Duration drain) throws InterruptedException;

    /**
     * Says for how long Kafka has committed nothing although there is something to commit.
     *
     * @param nowNanos now, by {@link System#nanoTime()}
     * @return nanoseconds; 0 if nothing waits to be committed
     */
    long uncommittedAge(long nowNanos);
}
