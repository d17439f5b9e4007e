package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.connect.WorkerAccess;
import io.mqttkafka.bridge.connect.config.SinkSettings;
import io.mqttkafka.bridge.core.KafkaAccess;
import io.mqttkafka.bridge.core.OwnKafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaClientsFinder;
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
    private final @Nullable OwnKafkaClients own;
    private final @Nullable GroupOffsets group;
    private volatile @Nullable WorkerFeed feed;

    /**
     * Makes an access.
     *
     * @param settings what the task is to do
     * @param reporter takes what cannot be published; null if the worker has none
     * @param bridge what it is made for
     */
    public SinkAccess(SinkSettings settings, @Nullable ErrantRecordReporter reporter, KafkaAccess.ForBridge bridge) {
        errant = reporter == null ? null : new ErrantRecords(reporter);
        KafkaOptions kafka = settings.exactlyOnce() ? settings.kafka() : null;
        if (kafka == null) {
            own = null;
            group = null;
        } else {
            KafkaClients clients = KafkaClientsFinder.clients(kafka);
            own = new OwnKafkaClients(clients, kafka, bridge);
            group = new GroupOffsets(clients, kafka, settings.clientId(), settings.group(), this::wake);
        }
    }

    private WorkerFeed feed() {
        return Objects.requireNonNull(feed, "the bridge has one route");
    }

    private void wake() {
        WorkerFeed made = feed;
        if (made != null) {
            made.wake();
        }
    }

    // The worker.

    /**
     * Takes partitions over, which begin where the worker reads next.
     *
     * @param partitions the partitions
     */
    public void assigned(Collection<TopicPartition> partitions) {
        feed().opened(partitions);
    }

    /**
     * Takes records over, to be published as soon as there is room.
     *
     * @param records the records
     */
    public void put(Collection<SinkRecord> records) {
        ErrantRecords reports = errant;
        if (reports != null) {
            records.forEach(reports::put);
        }
        feed().put(records);
    }

    /**
     * Waits a moment for room.
     *
     * @param most how long
     * @return whether more records are welcome
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public boolean awaitRoom(Duration most) throws InterruptedException {
        return feed().awaitRoom(most);
    }

    /** Returns the partitions whose records have to come before all others, and have not come. */
    public Set<TopicPartition> urgent() {
        return feed().urgent();
    }

    /** Says whether so much is done that the worker should commit it before its time. */
    public boolean isCommitDue() {
        return feed().isCommitDue();
    }

    /** Says whether packet ids are kept in Kafka. */
    public boolean exactlyOnce() {
        return own != null;
    }

    /**
     * Returns up to where partitions may be committed: before that, everything has been taken over by the MQTT broker.
     *
     * @param reached up to where the worker has read them
     * @param patience how long to wait for messages on their way
     * @return offsets, of partitions that have one
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public Map<TopicPartition, Long> committable(Map<TopicPartition, Long> reached, Duration patience)
            throws InterruptedException {
        Map<TopicPartition, Long> offsets = feed().committable(reached, patience);
        ErrantRecords reports = errant;
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
     */
    public void revoked(Collection<TopicPartition> partitions) {
        feed().closed(partitions);
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
            WorkerFeed made = new WorkerFeed(reading, handler, errant, group);
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
        return Objects.requireNonNull(own, "exactly once has clients of its own")
                .outbox(clientId);
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
        if (group != null) {
            group.close();
        }
    }
}
