package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicInspectorTest {
    private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(TopicInspector.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    private final DescribedCluster cluster = new DescribedCluster();
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
