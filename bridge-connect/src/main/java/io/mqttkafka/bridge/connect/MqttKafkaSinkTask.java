package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.connect.config.SinkSettings;
import io.mqttkafka.bridge.connect.sink.SinkAccess;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.error.BridgeException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/** One MQTT connection of a sink connector: a bridge whose records the worker puts. For a worker, which knows its threads. */
public final class MqttKafkaSinkTask extends SinkTask {
    /** Less than the worker waits for its tasks ({@code task.shutdown.graceful.timeout.ms}). */
    private static final Duration DRAIN = Duration.ofSeconds(3);

    /** How soon the worker comes by again while something is under way. */
    private static final long SOON_MS = 100;

    private @Nullable SinkAccess access;
    private @Nullable Bridge bridge;
    /** What the worker was asked to pause; it stays so over a rebalance. */
    private final Set<TopicPartition> paused = new HashSet<>();

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
        SinkAccess worker = new SinkAccess(settings.deadLetters() ? context.errantRecordReporter() : null);
        try {
            Bridge made = new DefaultBridge(settings.bridge(), forBridge -> worker);
            bridge = made;
            access = worker;
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
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        BridgeFailures.require(bridge);
        SinkAccess worker = worker();
        worker.put(records);
        pace(worker);
    }

    /** Lets the worker give no more while there is no room, and come by soon while something is under way. */
    private void pace(SinkAccess worker) {
        boolean full = worker.full();
        Set<TopicPartition> assigned = context.assignment();
        Set<TopicPartition> changing = new HashSet<>(full ? assigned : paused);
        if (full) {
            changing.removeAll(paused);
            paused.addAll(changing);
        } else {
            changing.retainAll(assigned);
            paused.clear();
        }
        if (!changing.isEmpty()) {
            TopicPartition[] all = changing.toArray(new TopicPartition[0]);
            if (full) {
                context.pause(all);
            } else {
                context.resume(all);
            }
        }
        if (full || worker.busy()) {
            context.timeout(SOON_MS);
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> reached) {
        BridgeFailures.require(bridge);
        Map<TopicPartition, Long> upTo = new HashMap<>();
        reached.forEach((partition, offset) -> upTo.put(partition, offset.offset()));
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        worker().committable(upTo)
                .forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
        return offsets;
    }

    @Override
    public void flush(Map<TopicPartition, OffsetAndMetadata> reached) {
        // preCommit says what may be committed, and waits for nothing.
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        SinkAccess worker = access;
        if (worker == null) {
            return;
        }
        try {
            worker.revoked(partitions, DRAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
