package io.mqttkafka.bridge.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sink task as its worker meets it. */
class SinkTaskTest {
    private static final TopicPartition PARTITION = new TopicPartition("commands", 0);
    private static final Duration PATIENCE = ScriptedWorker.PATIENCE;
    private static final Duration QUIET = Duration.ofMillis(200);

    private final ScriptedMqttBroker broker = ScriptedMqttBroker.start(PATIENCE);
    private final Context context = new Context();
    private final MqttKafkaSinkTask task = new MqttKafkaSinkTask();
    private ScriptedConnection connection;

    @AfterEach
    void close() {
        task.close(List.of(PARTITION));
        task.stop();
        broker.close();
    }

    private void start(String... more) throws Exception {
        task.initialize(context);
        task.start(properties(more));
        connection = broker.accept();
        connection.handshake(false);
        task.open(List.of(PARTITION));
    }

    private Map<String, String> properties(String... more) {
        Map<String, String> properties = new HashMap<>(Map.of(
                "name", "commands",
                "mqtt.server.uri", broker.serverUri(),
                "topics", "commands",
                "mqtt.topic.template", "devices/{key}",
                "task.number", "0"));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return properties;
    }

    private static SinkRecord record(long offset, Object value) {
        return new SinkRecord(
                "commands",
                0,
                Schema.STRING_SCHEMA,
                "d1",
                Schema.OPTIONAL_STRING_SCHEMA,
                value,
                offset,
                0L,
                TimestampType.CREATE_TIME);
    }

    private Map<TopicPartition, OffsetAndMetadata> preCommit(long reached) {
        return task.preCommit(Map.of(PARTITION, new OffsetAndMetadata(reached)));
    }

    private void awaitCommittable(long offset) {
        await().atMost(PATIENCE)
                .until(() -> preCommit(offset).equals(Map.of(PARTITION, new OffsetAndMetadata(offset))));
    }

    @Test
    void record_isPublished_andItsOffsetFollowsPuback_contiguously() throws Exception {
        start();
        task.put(List.of(record(5, "on"), record(6, "off")));
        PublishPacket first = connection.expectPublish();
        PublishPacket second = connection.expectPublish();
        assertThat(first.topic()).isEqualTo("devices/d1");
        assertThat(new String(first.payload(), StandardCharsets.UTF_8)).isEqualTo("on");

        connection.puback(second.packetId());
        connection.expectNothing(QUIET);
        assertThat(preCommit(7)).isEmpty();

        connection.puback(first.packetId());
        awaitCommittable(7);
    }

    @Test
    void recordsLeftOutByATransformation_doNotHoldTheOffsetUp() throws Exception {
        start();
        task.put(List.of(record(0, "on")));
        connection.puback(connection.expectPublish().packetId());

        awaitCommittable(4);
    }

    @Test
    void windowFull_pausesTheWorker_andGoesOnWithoutIt() throws Exception {
        start("mqtt.send.maximum", "2");
        task.put(List.of(record(0, "a"), record(1, "b"), record(2, "c")));
        int[] ids = {
            connection.expectPublish().packetId(), connection.expectPublish().packetId()
        };
        connection.expectNothing(QUIET);
        assertThat(context.paused).containsExactly(PARTITION);
        assertThat(context.timeoutMs).isPositive();

        connection.puback(ids[0]);
        connection.puback(ids[1]);
        // Nobody calls the task, and the third goes all the same.
        connection.puback(connection.expectPublish().packetId());
        await().atMost(PATIENCE).until(() -> {
            task.put(List.of());
            return context.paused.isEmpty();
        });
        awaitCommittable(3);
    }

    /** A worker pauses again, after a rebalance, what it was asked to pause before. */
    @Test
    void pausedOverARebalance_isResumed() throws Exception {
        start("mqtt.send.maximum", "1");
        task.put(List.of(record(0, "a"), record(1, "b")));
        int id = connection.expectPublish().packetId();
        task.put(List.of());
        assertThat(context.paused).containsExactly(PARTITION);

        task.close(List.of(PARTITION));
        task.open(List.of(PARTITION));
        connection.puback(id);

        await().atMost(PATIENCE).until(() -> {
            task.put(List.of());
            return context.paused.isEmpty();
        });
    }

    @Test
    void partitionTakenAway_lateAnswer_isNotCommitted() throws Exception {
        start();
        task.put(List.of(record(0, "on")));
        PublishPacket late = connection.expectPublish();

        task.close(List.of(PARTITION));
        task.open(List.of(PARTITION));
        connection.puback(late.packetId());
        connection.expectNothing(QUIET);
        assertThat(preCommit(0)).isEmpty();

        task.put(List.of(record(0, "on")));
        connection.puback(connection.expectPublish().packetId());
        awaitCommittable(1);
    }

    @Test
    void valueThatIsNeitherBytesNorText_goesToTheWorkersReporter() throws Exception {
        start("on.failure", "dead-letter", "on.failure.retries", "0");
        SinkRecord errant = record(0, Map.of("a", 1));

        task.put(List.of(errant, record(1, "on")));

        await().atMost(PATIENCE).until(() -> context.reported.contains(errant));
        assertThat(preCommit(2)).isEmpty();
        context.reports.complete(null);
        await().atMost(PATIENCE).until(() -> {
            task.put(List.of());
            return context.reports.isDone();
        });
        connection.puback(connection.expectPublish().packetId());
        awaitCommittable(2);
    }

    @Test
    void errorsAreTolerated_andOnFailureIsNotSaid_goesToTheWorkersReporter() throws Exception {
        start("errors.tolerance", "all", "on.failure.retries", "0");
        SinkRecord errant = record(0, Map.of("a", 1));

        task.put(List.of(errant));

        await().atMost(PATIENCE).until(() -> context.reported.contains(errant));
    }

    /** What was received before the task died is released by the next one, and not published again. */
    @Test
    void exactlyOnce_offsetFollowsPubcomp_andTheNextTaskGoesOnUnderThePacketId() throws Exception {
        try (FakeKafka kafka = FakeKafka.start()) {
            String[] exactlyOnce = {"mqtt.qos", "2", "kafka.bootstrap.servers", kafka.bootstrapServers()};
            start(exactlyOnce);
            task.put(List.of(record(0, "on")));
            int id = connection.expectPublish().packetId();
            connection.pubrec(id);
            connection.expectPubrel(id);
            assertThat(preCommit(1)).isEmpty();

            MqttKafkaSinkTask next = new MqttKafkaSinkTask();
            next.initialize(context);
            next.start(properties(exactlyOnce));
            try {
                ScriptedConnection second = broker.accept();
                second.handshake(true);
                second.expectPubrel(id);
                next.open(List.of(PARTITION));
                next.put(List.of(record(0, "on")));
                second.expectNothing(QUIET);
                second.pubcomp(id);

                await().atMost(PATIENCE).until(() -> next.preCommit(Map.of(PARTITION, new OffsetAndMetadata(1)))
                        .equals(Map.of(PARTITION, new OffsetAndMetadata(1))));
            } finally {
                next.close(List.of(PARTITION));
                next.stop();
            }
        }
    }

    private static final class Context implements SinkTaskContext {
        final Set<TopicPartition> paused = new HashSet<>();
        final List<SinkRecord> reported = new ArrayList<>();
        final CompletableFuture<Void> reports = new CompletableFuture<>();
        long timeoutMs = -1;

        @Override
        public Map<String, String> configs() {
            return Map.of();
        }

        @Override
        public void offset(Map<TopicPartition, Long> offsets) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void offset(TopicPartition partition, long offset) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void timeout(long milliseconds) {
            timeoutMs = milliseconds;
        }

        @Override
        public Set<TopicPartition> assignment() {
            return Set.of(PARTITION);
        }

        @Override
        public void pause(TopicPartition... partitions) {
            paused.addAll(Set.of(partitions));
        }

        @Override
        public void resume(TopicPartition... partitions) {
            paused.removeAll(Set.of(partitions));
        }

        @Override
        public void requestCommit() {
            // The test commits when it likes.
        }

        @Override
        public ErrantRecordReporter errantRecordReporter() {
            return (record, cause) -> {
                reported.add(record);
                return reports;
            };
        }

        @Override
        public PluginMetrics pluginMetrics() {
            throw new UnsupportedOperationException();
        }
    }
}
