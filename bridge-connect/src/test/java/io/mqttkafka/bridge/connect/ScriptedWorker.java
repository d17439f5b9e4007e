package io.mqttkafka.bridge.connect;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** Does with a source task what a worker does, step by step; its offsets outlive its tasks. */
final class ScriptedWorker implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final RecordMetadata WRITTEN = new RecordMetadata(new TopicPartition("t", 0), 0, 0, 0, 0, 0);

    private final Map<Map<String, ?>, Map<String, Object>> offsets = new HashMap<>();
    private MqttKafkaSourceTask task = new MqttKafkaSourceTask();

    void start(Map<String, String> properties) {
        task = new MqttKafkaSourceTask();
        task.initialize(new Context());
        task.start(properties);
    }

    MqttKafkaSourceTask task() {
        return task;
    }

    List<SourceRecord> poll() throws InterruptedException {
        List<SourceRecord> records = task.poll();
        return records == null ? List.of() : records;
    }

    /** Polls until there are so many records, without telling that they are written. */
    List<SourceRecord> poll(int count) {
        List<SourceRecord> all = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            all.addAll(poll());
            return all.size() >= count;
        });
        return all;
    }

    void written(SourceRecord record) {
        task.commitRecord(record, WRITTEN);
    }

    // NullAway cannot see in class files that a record that is left out has no metadata.
    @SuppressWarnings("NullAway")
    void leftOut(SourceRecord record) {
        task.commitRecord(record, null);
    }

    /** Ends a transaction as a worker with exactly-once support does. */
    @SuppressWarnings("unchecked")
    void commit(List<SourceRecord> records) {
        records.forEach(record -> offsets.put(record.sourcePartition(), (Map<String, Object>) record.sourceOffset()));
        records.forEach(this::written);
        task.commit();
    }

    /** Polls and commits transactions until something holds; returns the records that are not of the state topic. */
    List<SourceRecord> workUntil(Predicate<List<SourceRecord>> enough) {
        List<SourceRecord> all = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            List<SourceRecord> records = poll();
            commit(records);
            records.stream()
                    .filter(record -> !record.topic().endsWith(".state"))
                    .forEach(all::add);
            return enough.test(all);
        });
        return all;
    }

    @Override
    public void close() {
        task.stop();
    }

    private final class Context implements SourceTaskContext {
        @Override
        public Map<String, String> configs() {
            return Map.of();
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return new OffsetStorageReader() {
                @Override
                public <T> Map<String, Object> offset(Map<String, T> partition) {
                    return offsets.get(partition);
                }

                @Override
                public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
                    Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
                    partitions.forEach(partition -> found.put(partition, offsets.get(partition)));
                    return found;
                }
            };
        }

        @Override
        public PluginMetrics pluginMetrics() {
            throw new UnsupportedOperationException();
        }
    }
}
