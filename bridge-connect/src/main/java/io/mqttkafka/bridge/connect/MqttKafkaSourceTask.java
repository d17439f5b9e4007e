package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.connect.config.SourceSettings;
import io.mqttkafka.bridge.connect.source.SourceAccess;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.error.BridgeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One MQTT connection of a source connector: a bridge whose records the worker polls. For a worker, which knows its threads. */
public final class MqttKafkaSourceTask extends SourceTask {
    private static final Logger log = LoggerFactory.getLogger(MqttKafkaSourceTask.class);

    /** Less than the worker waits for its tasks ({@code task.shutdown.graceful.timeout.ms}). */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    private @Nullable SourceSettings settings;
    private volatile @Nullable SourceAccess access;
    private volatile @Nullable Bridge bridge;
    private boolean dropsTold;

    /** The thread of the worker that polls; known after the first poll. */
    private volatile @Nullable Thread poller;

    /** What a worker would only log: it is thrown by the next poll. */
    private final AtomicReference<@Nullable RuntimeException> swallowed = new AtomicReference<>();

    /** Makes a task, as a worker does. */
    public MqttKafkaSourceTask() {}

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    @Override
    public void start(Map<String, String> properties) {
        SourceSettings given = new SourceSettings(properties);
        SourceAccess worker = new SourceAccess(
                given.clientId(), given.stateTopic(), given.largestRecord(), context.offsetStorageReader());
        Bridge made;
        try {
            made = new DefaultBridge(given.bridge(), forBridge -> worker);
        } catch (BridgeException e) {
            throw new ConnectException(e.getMessage(), e);
        }
        settings = given;
        access = worker;
        bridge = made;
        // Returns before it is connected: the worker has to poll the transaction that forgets a lost session's packet
        // ids.
        made.start();
    }

    @Override
    public @Nullable List<SourceRecord> poll() throws InterruptedException {
        SourceAccess worker = access;
        SourceSettings given = settings;
        if (worker == null || given == null) {
            return null;
        }
        poller = Thread.currentThread();
        requireNoFailure();
        List<SourceRecord> records = new ArrayList<>(worker.poll(given.batchSize(), given.pollWait()));
        return records.isEmpty() ? null : records;
    }

    private void requireNoFailure() {
        RuntimeException kept = swallowed.get();
        if (kept != null) {
            throw kept;
        }
        BridgeFailures.require(bridge);
    }

    // NullAway cannot see in class files that the metadata may be null.
    @SuppressWarnings("NullAway")
    @Override
    public void commitRecord(SourceRecord record, @Nullable RecordMetadata metadata) {
        SourceAccess worker = access;
        SourceSettings given = settings;
        if (worker == null || given == null) {
            return;
        }
        if (metadata != null && given.exactlyOnce()) {
            requireTransactions();
        }
        if (metadata == null && !dropsTold) {
            dropsTold = true;
            log.warn(
                    "A record is left out, by a transformation or errors.tolerance, and its message is acknowledged; this is told"
                            + " once");
        }
        try {
            worker.done(record, metadata == null);
        } catch (RuntimeException e) {
            swallowed.compareAndSet(null, e);
            throw e;
        }
    }

    /**
     * A worker checks {@code exactly.once.support} when it is given a configuration, not when a task begins. One that commits
     * transactions tells of written records by the thread that polls; any other by the thread of its producer.
     */
    private void requireTransactions() {
        if (Thread.currentThread() == poller) {
            return;
        }
        ConnectException failure = new ConnectException(SourceSettings.EXACTLY_ONCE
                + " is required, but this worker does not write in transactions: set exactly.once.source.support=enabled on all"
                + " workers, which have to be distributed ones, or " + SourceSettings.EXACTLY_ONCE + "=requested");
        swallowed.compareAndSet(null, failure);
        throw failure;
    }

    @Override
    public void commit() {
        SourceAccess worker = access;
        if (worker != null) {
            worker.committed();
        }
    }

    /** Takes no more messages, and goes on acknowledging what the worker has polled until it is done with that, or a moment. */
    @Override
    public void stop() {
        SourceAccess worker = access;
        Bridge running = bridge;
        if (worker == null || running == null) {
            return;
        }
        try {
            worker.awaitCommitted(DRAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        running.close(Duration.ZERO);
    }
}
