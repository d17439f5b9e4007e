package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.connect.config.SinkSettings;
import io.mqttkafka.bridge.connect.sink.SinkAccess;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.error.BridgeException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/** One MQTT connection of a sink connector: a bridge whose records the worker puts. For a worker, which knows its threads. */
public final class MqttKafkaSinkTask extends SinkTask {
    /** Less than the worker waits for its tasks ({@code task.shutdown.graceful.timeout.ms}). */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    /** A worker gives a partition back right after it has asked what to commit, and does not say so. */
    private static final Duration BEFORE_COMMIT = Duration.ofSeconds(1);

    private static final Duration MOMENT = Duration.ofMillis(50);

    /** How soon the worker comes by again to hear that the bridge has failed. */
    private static final long LOOK_MS = 500;

    private @Nullable SinkAccess access;
    private @Nullable Bridge bridge;

    /** Whether the worker was asked to pause, which it stays over a rebalance. */
    private boolean paused;

    private boolean requested;

    /** Makes a task, as a worker does. */
    public MqttKafkaSinkTask() {}

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    // NullAway cannot see in class files that there may be no reporter.
    @SuppressWarnings("NullAway")
    @Override
    public void start(Map<String, String> properties) {
        SinkSettings settings = new SinkSettings(properties);
        ErrantRecordReporter reporter = settings.deadLetters() ? context.errantRecordReporter() : null;
        AtomicReference<SinkAccess> worker = new AtomicReference<>();
        try {
            Bridge made = new DefaultBridge(settings.bridge(), forBridge -> {
                SinkAccess one = new SinkAccess(settings, reporter, forBridge);
                worker.set(one);
                return one;
            });
            bridge = made;
            access = worker.get();
            // Returns before it is connected: the records wait, and the worker is asked for no more meanwhile.
            made.start();
        } catch (BridgeException e) {
            throw new ConnectException(e.getMessage(), e);
        }
    }

    private SinkAccess worker() {
        SinkAccess worker = access;
        if (worker == null) {
            throw new ConnectException("the task has not started");
        }
        return worker;
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        worker().assigned(partitions);
        if (worker().exactlyOnce()) {
            // Tells where they begin, so that what an earlier task had sent is not waited for in vain.
            context.requestCommit();
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        BridgeFailures.require(bridge);
        SinkAccess worker = worker();
        worker.put(records);
        try {
            pace(worker, worker.awaitRoom(MOMENT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("the task was interrupted", e);
        }
    }

    /** Lets the worker give no more while there is no room, but for what has to come first. */
    private void pace(SinkAccess worker, boolean room) {
        Set<TopicPartition> assigned = context.assignment();
        if (!assigned.isEmpty() && (paused || !room)) {
            Set<TopicPartition> welcome = room ? assigned : worker.urgent();
            for (TopicPartition partition : assigned) {
                if (welcome.contains(partition)) {
                    context.resume(partition);
                } else {
                    context.pause(partition);
                }
            }
            paused = !room;
        }
        context.timeout(room ? LOOK_MS : 1);
        if (worker.isCommitDue()) {
            requested = true;
            context.requestCommit();
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> reached) {
        BridgeFailures.require(bridge);
        Map<TopicPartition, Long> upTo = new HashMap<>();
        reached.forEach((partition, offset) -> upTo.put(partition, offset.offset()));
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        try {
            worker().committable(upTo, requested ? Duration.ZERO : BEFORE_COMMIT)
                    .forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        requested = false;
        return offsets;
    }

    @Override
    public void flush(Map<TopicPartition, OffsetAndMetadata> reached) {
        // preCommit says what may be committed.
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        SinkAccess worker = access;
        if (worker != null) {
            worker.revoked(partitions);
        }
    }

    @Override
    public void stop() {
        Bridge running = bridge;
        if (running != null) {
            running.close(DRAIN);
        }
    }
}
