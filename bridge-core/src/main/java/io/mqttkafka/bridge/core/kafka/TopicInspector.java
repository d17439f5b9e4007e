package io.mqttkafka.bridge.core.kafka;

import static java.util.Objects.requireNonNull;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of Kafka topics that can lose what Kafka has confirmed, and of topics that Kafka takes for one another.
 *
 * <p>It looks at each topic once, on a thread of its own, and nothing waits for it. Where the cluster does not let it look,
 * it does not warn. Thread-safe.
 */
public final class TopicInspector implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TopicInspector.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_AT_ONCE = 500;

    private final KafkaClients clients;
    private final Map<String, Object> properties;
    private final ExecutorService executor;

    // All as large as the number of topics that the routes may write to, at the most.
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final Map<String, String> byMetricName = new ConcurrentHashMap<>();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Queue<String> waiting = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean toldSingleBroker = new AtomicBoolean();

    /**
     * Makes an inspector that has seen nothing.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param clientId by what Kafka's logs call its client
     */
    public TopicInspector(KafkaClients clients, KafkaOptions options, String clientId) {
        this(clients, options, clientId, ownThread());
    }

    TopicInspector(KafkaClients clients, KafkaOptions options, String clientId, ExecutorService executor) {
        this.clients = clients;
        this.executor = executor;
        properties = ProducerSettings.admin(options, clientId);
    }

    /** One task that waits is enough, as it looks at every topic that waits; after the end there is nothing to do. */
    private static ExecutorService ownThread() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(1),
                task -> {
                    Thread thread = new Thread(task, "bridge-topics");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** Takes note of a topic that can be written to. Does not wait. */
    void ready(String topic) {
        if (!seen.add(topic)) {
            return;
        }
        String other = byMetricName.putIfAbsent(metricName(topic), topic);
        if (other != null) {
            warnOfCollision(topic, other);
        }
        waiting.add(topic);
        executor.execute(this::inspect);
    }

    /** Takes note of a topic that does not exist or that Kafka refuses: it may be too like another one. Does not wait. */
    void notReady(String topic) {
        String metricName = metricName(topic);
        String other = byMetricName.get(metricName);
        if (other != null && !other.equals(topic) && refused.add(metricName)) {
            warnOfCollision(topic, other);
        }
    }

    /** Says whether Kafka's metrics would not tell a topic from another one that is there, so that Kafka does not create it. */
    boolean resemblesAnother(String topic) {
        String other = byMetricName.get(metricName(topic));
        return other != null && !other.equals(topic);
    }

    private static String metricName(String topic) {
        return topic.replace('.', '_');
    }

    private static void warnOfCollision(String topic, String other) {
        log.warn(
                "The Kafka topics '{}' and '{}' differ only by . and _, which Kafka's metrics do not tell apart, so that it"
                        + " does not create the second one; change the template or the mapper of the route",
                UntrustedText.escape(topic),
                UntrustedText.escape(other));
    }

    private void inspect() {
        List<String> topics = new ArrayList<>();
        String next;
        while (topics.size() < MOST_AT_ONCE && (next = waiting.poll()) != null) {
            topics.add(next);
        }
        if (topics.isEmpty()) {
            return;
        }
        try (ShortAdmin admin = new ShortAdmin(clients.admin(properties))) {
            inspect(topics, admin);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            log.debug("Kafka does not say how safe its topics are", e);
        } catch (InterruptedException e) {
            log.debug("The inspector of topics was interrupted", e);
            Thread.currentThread().interrupt();
            return;
        }
        if (!waiting.isEmpty()) {
            executor.execute(this::inspect);
        }
    }

    private void inspect(List<String> topics, ShortAdmin admin)
            throws ExecutionException, InterruptedException, TimeoutException {
        int brokers = admin.get(admin.client.describeCluster().nodes()).size();
        Map<String, KafkaFuture<TopicDescription>> descriptions =
                admin.client.describeTopics(topics).topicNameValues();
        Map<ConfigResource, KafkaFuture<Config>> configs = admin.client
                .describeConfigs(topics.stream().map(TopicInspector::resource).toList())
                .values();
        for (String topic : topics) {
            try {
                int replicas = admin.get(requireNonNull(descriptions.get(topic))).partitions().stream()
                        .mapToInt(partition -> partition.replicas().size())
                        .min()
                        .orElse(0);
                if (replicas == 1) {
                    warnOfOneReplica(topic, brokers);
                } else {
                    warnOfMinInsync(topic, replicas, admin.get(requireNonNull(configs.get(resource(topic)))));
                }
            } catch (ExecutionException e) {
                log.debug("Kafka does not say how safe the topic '{}' is", topic, e);
            }
        }
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private void warnOfOneReplica(String topic, int brokers) {
        if (brokers > 1) {
            log.warn(
                    "The Kafka topic '{}' has replication factor 1: a broker that loses its disk loses messages that were"
                            + " acknowledged to MQTT; give the topic 3 replicas",
                    topic);
        } else if (toldSingleBroker.compareAndSet(false, true)) {
            log.info(
                    "The Kafka cluster has one broker: if it loses its disk, messages are lost that were acknowledged to MQTT");
        }
    }

    private static void warnOfMinInsync(String topic, int replicas, Config config) {
        ConfigEntry entry = config.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
        if (entry != null && "1".equals(entry.value())) {
            log.warn(
                    "The Kafka topic '{}' has {} replicas, but min.insync.replicas=1: Kafka confirms records that only one"
                            + " broker has, and if that loses its disk, messages are lost that were acknowledged to MQTT; set"
                            + " min.insync.replicas to 2",
                    topic,
                    replicas);
        }
    }

    /** Looks at nothing more. Does not wait. */
    @Override
    public void close() {
        executor.shutdownNow();
    }

    /** An admin client for a few questions, which together get {@link #TIMEOUT}. */
    private static final class ShortAdmin implements AutoCloseable {
        final Admin client;
        private final long deadline = System.nanoTime() + TIMEOUT.toNanos();

        ShortAdmin(Admin client) {
            this.client = client;
        }

        <T> T get(KafkaFuture<T> answer) throws ExecutionException, InterruptedException, TimeoutException {
            return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        }

        @Override
        public void close() {
            // Its close() without a time waits for questions that were given up.
            client.close(Duration.ZERO);
        }
    }
}
