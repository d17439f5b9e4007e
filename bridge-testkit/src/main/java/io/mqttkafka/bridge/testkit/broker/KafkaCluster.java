package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Polling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;

/**
 * Three real Kafka brokers, each in a JVM of its own, of which one at a time can be killed. Every topic has three replicas,
 * two of which must have a record before it is confirmed, so that a bridge goes on while one broker is gone.
 *
 * <pre>{@code
 * try (KafkaCluster kafka = KafkaCluster.start()) {
 *     kafka.createTopic("telemetry", 3);
 *     KafkaProcess killed = kafka.killLeader("telemetry", 0);
 *     ...
 *     killed.restart();
 *     kafka.awaitInSync(List.of("telemetry"));
 * }
 * }</pre>
 *
 * <p>A dead broker is given up after 3 seconds. Starting takes some ten seconds, and each broker a few hundred megabytes.
 * {@link #bootstrapServers()} names all three. It needs {@code org.apache.kafka:kafka_2.13}, which the testkit does not bring
 * along. Thread-safe.
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

    /**
     * Starts the brokers and returns when each knows the others.
     *
     * @throws IllegalStateException if that takes longer than a minute
     */
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

    /**
     * Kills (SIGKILL) the broker that leads this partition.
     *
     * @return the broker, to be {@linkplain KafkaProcess#restart() restarted}
     * @throws IllegalStateException if the cluster does not tell who leads it
     */
    public KafkaProcess killLeader(String topic, int partition) {
        try (Admin admin = admin()) {
            TopicDescription description = Objects.requireNonNull(
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic), "the topic");
            int leader = description.partitions().get(partition).leader().id();
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

    /**
     * Waits until every replica of these topics is in sync.
     *
     * @throws IllegalStateException if that takes longer than a minute
     */
    public void awaitInSync(List<String> topics) {
        try (Admin admin = admin()) {
            await(
                    "the replicas of " + topics + " to be in sync",
                    () -> admin.describeTopics(topics).allTopicNames().get().values().stream()
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
            await(
                    BROKERS + " brokers to know each other",
                    () -> admin.describeCluster().nodes().get().size() == BROKERS);
        }
    }

    @Override
    public void close() {
        brokers.forEach(KafkaProcess::close);
    }

    /** Waits; a cluster that is about to change its mind answers with exceptions. */
    private static void await(String what, Callable<Boolean> condition) {
        boolean came = Polling.until(PATIENCE, () -> {
            try {
                return condition.call();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (Exception e) {
                return false;
            }
        });
        if (!came) {
            throw new IllegalStateException(
                    "Waited for " + what + ", but within " + PATIENCE.toSeconds() + " s it did not come");
        }
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
    }
}
