package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mqttkafka.bridge.config.KafkaOptions;
import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicInspectorTest {
    private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(TopicInspector.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    private final Cluster cluster = new Cluster();
    private final TopicInspector inspector = new TopicInspector(
            cluster, KafkaOptions.builder().bootstrapServers("kafka:9092").build(), "test", new SameThread());

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        inspector.close();
    }

    @Test
    void ready_oneReplicaOfThreeBrokers_warnsOncePerTopic() {
        cluster.brokers(3).topic("a", 1, "1").topic("b", 1, "1");

        inspector.ready("a");
        inspector.ready("b");
        inspector.ready("a");

        assertThat(lines(Level.WARN)).hasSize(2).allMatch(line -> line.contains("replication factor 1"));
        assertThat(lines(Level.WARN).get(0)).contains("'a'");
        assertThat(lines(Level.WARN).get(1)).contains("'b'");
        assertThat(lines(Level.INFO)).isEmpty();
    }

    @Test
    void ready_oneInSyncReplicaIsEnough_warns() {
        cluster.brokers(3).topic("a", 3, "1");

        inspector.ready("a");

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'a'", "min.insync.replicas=1");
    }

    @Test
    void ready_safeTopic_saysNothing() {
        cluster.brokers(3).topic("a", 3, "2");

        inspector.ready("a");

        assertThat(lines(Level.WARN)).isEmpty();
        assertThat(lines(Level.INFO)).isEmpty();
    }

    @Test
    void ready_clusterOfOneBroker_saysSoOnceAtInfo() {
        cluster.brokers(1).topic("a", 1, "1").topic("b", 1, "1");

        inspector.ready("a");
        inspector.ready("b");

        assertThat(lines(Level.INFO)).singleElement().asString().contains("one broker");
        assertThat(lines(Level.WARN)).isEmpty();
    }

    @Test
    void ready_topicMayNotBeDescribed_looksAtTheOthers() {
        cluster.brokers(3).topic("b", 1, "1");

        inspector.ready("denied");
        inspector.ready("b");

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'b'");
    }

    @Test
    void ready_configMayNotBeDescribed_stillLooksAtReplicas() {
        cluster.brokers(3).topic("a", 1, null).topic("b", 3, null);

        inspector.ready("a");
        inspector.ready("b");

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'a'");
    }

    @Test
    void ready_clusterMayNotBeDescribed_saysNothing() {
        inspector.ready("a");

        assertThat(lines(Level.WARN)).isEmpty();
        assertThat(cluster.open).isZero();
    }

    @Test
    void ready_differsByDotAndUnderscoreOnly_warns() {
        inspector.ready("site.a_b");
        inspector.ready("site_a.b");
        inspector.ready("site-a-b");

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'site.a_b'", "'site_a.b'");
    }

    @Test
    void notReady_differsFromReadyOneByDotOnly_warnsOnce() {
        inspector.ready("a.b");
        inspector.notReady("a_b");
        inspector.notReady("a_b");
        inspector.notReady("x_y");
        inspector.notReady("x.y");
        inspector.notReady("a.b");

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'a.b'", "'a_b'");
    }

    @Test
    void inspect_any_closesItsClient() {
        cluster.brokers(1).topic("a", 1, "1");

        inspector.ready("a");

        assertThat(cluster.made).isOne();
        assertThat(cluster.open).isZero();
    }

    @Test
    void ready_afterClose_isIgnored() {
        TopicInspector closed = new TopicInspector(
                cluster, KafkaOptions.builder().bootstrapServers("kafka:9092").build(), "test");
        closed.close();

        closed.ready("a");

        assertThat(cluster.made).isZero();
    }

    private List<String> lines(Level level) {
        return lines.list.stream()
                .filter(line -> line.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /** A cluster that describes what it has, and refuses to describe what it has not. */
    private static final class Cluster implements KafkaClients {
        private final Map<String, Integer> replicas = new HashMap<>();
        private final Map<String, String> minInsync = new HashMap<>();
        private int brokers;
        private int made;
        private int open;

        Cluster brokers(int count) {
            brokers = count;
            return this;
        }

        Cluster topic(String name, int replicationFactor, String minInsyncReplicas) {
            replicas.put(name, replicationFactor);
            minInsync.put(name, minInsyncReplicas);
            return this;
        }

        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new AssertionError("an inspector produces nothing");
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            throw new AssertionError("an inspector consumes nothing");
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

    /** Runs what it is given at once. */
    private static final class SameThread extends AbstractExecutorService {
        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void shutdown() {
            // Nothing is under way.
        }

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }
}
