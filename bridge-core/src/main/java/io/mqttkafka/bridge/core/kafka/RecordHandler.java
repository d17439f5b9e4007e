package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Takes the records that a {@link RecordFeed} has. Called by one thread at a time, and must not hold it up for long. */
public interface RecordHandler {
    /** Returns the time by which records age, in nanoseconds since some fixed moment. */
    long nanos();

    /**
     * Goes on with what could not go on before.
     *
     * @return whether another record may be taken; if not, the source asks again when it is {@linkplain RecordFeed#wake
     *     woken} or a moment has passed
     */
    boolean ready();

    /**
     * Takes a record over. It is settled when it is done with, by any thread, at any time.
     *
     * @param message the record
     * @param excess why it fails in any case: it has more headers than were kept of it; null if it has not
     * @param entry its place in the partition, to be settled
     */
    void take(KafkaMessage message, @Nullable String excess, OffsetLedger.Entry entry);

    /**
     * Takes a record over that cannot be read, however often: corrupt in Kafka's log, say. It is settled when it is done with.
     *
     * @param message where it is, without key, payload and headers
     * @param entry its place in the partition, to be settled
     * @param cause why
     */
    void unreadable(KafkaMessage message, OffsetLedger.Entry entry, DeliveryException cause);

    /** Tells that no more records follow for the moment. */
    void flush();

    /**
     * Says whether what is in flight can be expected to come to an end soon.
     *
     * @return whether waiting for it is of any use
     */
    boolean settling();

    /**
     * Tells that offsets were committed.
     *
     * @param records how many records that covers
     */
    void committed(long records);

    /**
     * Tells up to where a partition is committed, or from where it is read anew, which may be before that.
     *
     * @param topic the topic
     * @param partition the number of the partition
     * @param offset the committed offset
     */
    void committed(String topic, int partition, long offset);

    /**
     * Tells that a partition was taken away: its records are given back.
     *
     * @param topic the topic
     * @param partition the number of the partition
     */
    void revoked(String topic, int partition);

    /**
     * Returns the partitions with records that have to come before those of others, since an earlier process has sent them.
     *
     * @return the partitions; mostly none
     */
    Collection<Partition> urgent();

    /**
     * Says whether a record of an urgent partition may be taken although {@link #ready} says no.
     *
     * @param partition the partition
     * @return whether it may
     */
    boolean readyFor(Partition partition);

    /**
     * Tells that the records of an urgent partition that lie before an offset, and were not handed out, will not come.
     *
     * @param partition the partition
     * @param offset the offset
     * @return whether there are such records
     */
    boolean passed(Partition partition, long offset);

    /**
     * Tells that the log of an urgent partition ends at an offset, so that no record at or behind it is one that an earlier
     * process had read.
     *
     * @param partition the partition
     * @param end the offset
     * @return whether such records were expected
     */
    boolean ended(Partition partition, long end);

    /**
     * Tells of a failure of Kafka that the source deals with by itself.
     *
     * @param cause what happened
     */
    void troubled(Exception cause);

    /**
     * Tells that the source has ended because of a failure that it cannot deal with.
     *
     * @param cause what happened
     */
    void failed(Throwable cause);
}
