package io.mqttkafka.bridge.core.kafka;

import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;

/** A cluster that describes what it has, and refuses to describe what it has not. */
final class DescribedCluster implements KafkaClients {
    private final Map<String, Integer> replicas = new HashMap<>();
    private final Map<String, String> minInsync = new HashMap<>();
    private String cleanupPolicy = TopicConfig.CLEANUP_POLICY_DELETE;
    private int brokers;

    int made;
    int open;

    DescribedCluster brokers(int count) {
        brokers = count;
        return this;
    }

    DescribedCluster cleanupPolicy(String policy) {
        cleanupPolicy = policy;
        return this;
    }

    DescribedCluster topic(String name, int replicationFactor, String minInsyncReplicas) {
        replicas.put(name, replicationFactor);
        minInsync.put(name, minInsyncReplicas);
        return this;
    }

    @Override
    public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
        throw new AssertionError("a question to the cluster produces nothing");
    }

    @Override
    public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
        throw new AssertionError("a question to the cluster consumes nothing");
    }

    @Override
    public Admin admin(Map<String, Object> properties) {
        made++;
        open++;
        return (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(),
                new Class<?>[] {Admin.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "describeCluster" -> describeCluster();
                    case "describeTopics" -> describeTopics((Collection<?>) arguments[0]);
                    case "describeConfigs" -> describeConfigs((Collection<?>) arguments[0]);
                    case "close" -> {
                        open--;
                        yield null;
                    }
                    default -> throw new AssertionError(method.getName());
                });
    }

    /** The result has no public constructor. */
    private DescribeClusterResult describeCluster() throws ReflectiveOperationException {
        Constructor<?> constructor = DescribeClusterResult.class.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        KafkaFuture<Collection<Node>> nodes = brokers == 0
                ? failed(new ClusterAuthorizationException("not authorised"))
                : KafkaFuture.completedFuture(Collections.nCopies(brokers, node()));
        return (DescribeClusterResult) constructor.newInstance(
                nodes,
                KafkaFuture.completedFuture(node()),
                KafkaFuture.completedFuture("cluster"),
                KafkaFuture.completedFuture(Set.of()));
    }

    private DescribeTopicsResult describeTopics(Collection<?> names) {
        Map<String, KafkaFuture<TopicDescription>> answers = new HashMap<>();
        for (Object name : names) {
            answers.put((String) name, describe((String) name));
        }
        return new DescribeTopicsResult(null, answers) {};
    }

    private KafkaFuture<TopicDescription> describe(String name) {
        Integer count = replicas.get(name);
        if (count == null) {
            return failed(new TopicAuthorizationException(Set.of(name)));
        }
        List<Node> nodes = Collections.nCopies(count, node());
        return KafkaFuture.completedFuture(new TopicDescription(
                name,
                false,
                IntStream.range(0, 2)
                        .mapToObj(partition -> new TopicPartitionInfo(partition, node(), nodes, nodes))
                        .toList()));
    }

    private DescribeConfigsResult describeConfigs(Collection<?> resources) {
        Map<ConfigResource, KafkaFuture<Config>> answers = new HashMap<>();
        for (Object resource : resources) {
            String name = ((ConfigResource) resource).name();
            String value = minInsync.get(name);
            List<ConfigEntry> entries = new ArrayList<>();
            entries.add(new ConfigEntry(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, value));
            entries.add(new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, cleanupPolicy));
            answers.put(
                    (ConfigResource) resource,
                    value == null
                            ? failed(new TopicAuthorizationException(Set.of(name)))
                            : KafkaFuture.completedFuture(new Config(entries)));
        }
        return new DescribeConfigsResult(answers) {};
    }

    private static Node node() {
        return new Node(1, "kafka", 9092);
    }

    private static <T> KafkaFuture<T> failed(Exception exception) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        future.completeExceptionally(exception);
        return future;
    }
}
