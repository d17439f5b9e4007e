package io.mqttkafka.bridge.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * Three Kafka brokers, each in a JVM of its own, of which one at a time can be killed. Every topic has three replicas, two
 * of which must have a record before it is confirmed.
 */
public final class KafkaCluster implements KafkaBroker {

    private static final int BROKERS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Map<String, String> REPLICATED = Map.ofEntries(
            Map.entry("default.replication.factor", "3"),
            Map.entry("min.insync.replicas", "2"),
            Map.entry("offsets.topic.replication.factor", "3"),
            Map.entry("transaction.state.log.replication.factor", "3"),
            Map.entry("transaction.state.log.min.isr", "2"),
            // else a dead broker is waited for half a minute
            Map.entry("replica.lag.time.max.ms", "3000"),
            Map.entry("broker.session.timeout.ms", "3000"),
            Map.entry("broker.heartbeat.interval.ms", "500"));

    private final List<KafkaProcess> brokers = new ArrayList<>();

    private KafkaCluster() {}

    /** Starts the brokers and returns when each knows the others. */
    public static KafkaCluster start() {
        KafkaCluster cluster = new KafkaCluster();
        KafkaNode.create(BROKERS, REPLICATED, null).forEach(node -> cluster.brokers.add(new KafkaProcess(node)));
        try {
            cluster.restart();
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    /** Kills (SIGKILL) the broker that leads this partition, and returns it. */
    public KafkaProcess killLeader(String topic, int partition) {
        try (Admin admin = admin()) {
            int leader = admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .get(partition)
                    .leader()
                    .id();
            KafkaProcess broker = brokers.get(leader - 1);
            broker.kill();
            return broker;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits until every replica of these topics is in sync. */
    public void awaitInSync(List<String> topics) {
        try (Admin admin = admin()) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> admin.describeTopics(topics).allTopicNames().get().values().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .allMatch(partition -> partition.isr().size() == BROKERS));
        }
    }

    @Override
    public String bootstrapServers() {
        return brokers.stream().map(KafkaProcess::bootstrapServers).collect(Collectors.joining(","));
    }

    @Override
    public void stop() {
        brokers.forEach(KafkaProcess::stop);
    }

    @Override
    public void restart() {
        // none of them is ready before two are
        CompletableFuture<?>[] starting = brokers.stream()
                .map(broker -> CompletableFuture.runAsync(broker::restart, task -> new Thread(task, "start").start()))
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(starting).join();
        try (Admin admin = admin()) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> admin.describeCluster().nodes().get().size() == BROKERS);
        }
    }

    @Override
    public void close() {
        brokers.forEach(KafkaProcess::close);
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
    }
}
