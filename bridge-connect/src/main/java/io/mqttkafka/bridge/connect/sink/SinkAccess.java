package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.connect.WorkerAccess;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Qos2State;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.jspecify.annotations.Nullable;

/** The worker of one sink task as the bridge sees it, and the bridge as the worker does. Thread-safe. */
public final class SinkAccess extends WorkerAccess {
    private final @Nullable ErrantRecords errant;
    private volatile @Nullable WorkerFeed feed;

    /**
     * Makes an access.
     *
     * @param reporter takes what cannot be published; null if the worker has none
     */
    public SinkAccess(@Nullable ErrantRecordReporter reporter) {
        errant = reporter == null ? null : new ErrantRecords(reporter);
    }

    private WorkerFeed feed() {
        return Objects.requireNonNull(feed, "the bridge has one route");
    }

    // The worker.

    /**
     * Takes partitions over, which begin where the worker reads next.
     *
     * @param partitions the partitions
     */
    public void assigned(Collection<TopicPartition> partitions) {
        feed().assigned(partitions);
    }

    /**
     * Publishes records as far as there is room; the others wait.
     *
     * @param records the records
     */
    public void put(Collection<SinkRecord> records) {
        ErrantRecords reports = errant;
        if (reports != null) {
            records.forEach(reports::put);
            reports.look();
        }
        feed().put(records);
    }

    /** Says whether the worker should give no more for now. */
    public boolean full() {
        return feed().full();
    }

    /** Says whether a record is with us that may not be committed yet. */
    public boolean busy() {
        return feed().busy();
    }

    /**
     * Returns up to where partitions may be committed: before that, everything has been taken over by the MQTT broker.
     *
     * @param reached up to where the worker has read them
     * @return offsets, of partitions that have one
     */
    public Map<TopicPartition, Long> committable(Map<TopicPartition, Long> reached) {
        ErrantRecords reports = errant;
        if (reports != null) {
            reports.look();
        }
        Map<TopicPartition, Long> offsets = feed().committable(reached);
        if (reports != null) {
            reports.forget(
                    record -> record.originalKafkaOffset() < offsets.getOrDefault(SinkRecords.partition(record), 0L));
        }
        return offsets;
    }

    /**
     * Gives partitions back. Late acknowledgements mean nothing.
     *
     * @param partitions the partitions
     * @param patience how long to wait for those on their way
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public void revoked(Collection<TopicPartition> partitions, Duration patience) throws InterruptedException {
        feed().revoked(partitions, patience);
        ErrantRecords reports = errant;
        if (reports != null) {
            Set<TopicPartition> gone = new HashSet<>(partitions);
            reports.forget(record -> gone.contains(SinkRecords.partition(record)));
        }
    }

    // The bridge.

    @Override
    public RecordFeed.Factory feeds() {
        return (reading, handler) -> {
            WorkerFeed made = new WorkerFeed(reading, handler);
            feed = made;
            return made;
        };
    }

    @Override
    public RecordSender sender(String clientId) {
        ErrantRecords reports = errant;
        if (reports == null) {
            throw new ConnectException(
                    "on.failure is dead-letter, but this worker has nowhere to report to: set errors.tolerance=all and"
                            + " errors.deadletterqueue.topic.name, or another on.failure");
        }
        return reports;
    }

    @Override
    public Transactions<Qos2State> received(String clientId) {
        throw new IllegalStateException("a sink receives nothing");
    }

    @Override
    public Transactions<OutboxState> outbox(String clientId) {
        throw new IllegalStateException("a sink publishes effectively once");
    }
}
