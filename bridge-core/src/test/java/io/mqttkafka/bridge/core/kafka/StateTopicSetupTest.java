package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a topic is told that exists already; the state topic of the tests with a real Kafka is made by the bridge. */
class StateTopicSetupTest {
    private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(StateTopicSetup.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final KafkaOptions options =
            KafkaOptions.builder().bootstrapServers("kafka:9092").build();
    private final String topic = options.transactions().stateTopic();
    private final DescribedCluster cluster = new DescribedCluster().cleanupPolicy("compact");

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        assertThat(cluster.open).isZero();
    }

    private void prepare() {
        new StateTopicSetup(cluster, options, "test").prepare(Duration.ofSeconds(10));
    }

    private List<String> lines(Level level) {
        return lines.list.stream()
                .filter(line -> line.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Test
    void safeTopic_saysNothing() {
        cluster.brokers(3).topic(topic, 3, "2");

        prepare();

        assertThat(lines(Level.WARN)).isEmpty();
        assertThat(lines(Level.INFO)).isEmpty();
    }

    @Test
    void oneInSyncReplicaIsEnough_warns() {
        cluster.brokers(3).topic(topic, 3, "1");

        prepare();

        assertThat(lines(Level.WARN))
                .singleElement()
                .asString()
                .contains("'" + topic + "'", "min.insync.replicas=1", "set min.insync.replicas to 2");
    }

    @Test
    void oneReplicaOfThreeBrokers_warns() {
        cluster.brokers(3).topic(topic, 1, "1");

        prepare();

        assertThat(lines(Level.WARN)).singleElement().asString().contains("'" + topic + "'", "one replica");
    }

    @Test
    void oneReplicaOfOneBroker_isInformation() {
        cluster.brokers(1).topic(topic, 1, "1");

        prepare();

        assertThat(lines(Level.WARN)).isEmpty();
        assertThat(lines(Level.INFO)).singleElement().asString().contains("one replica");
    }

    @Test
    void brokersMayNotBeCounted_startsAllTheSame() {
        cluster.topic(topic, 1, "1");

        prepare();

        assertThat(lines(Level.WARN)).isEmpty();
    }

    @Test
    void topicThatForgets_isRefused() {
        cluster.brokers(3).topic(topic, 3, "2").cleanupPolicy("delete");

        assertThatExceptionOfType(BridgeStartException.class)
                .isThrownBy(this::prepare)
                .withMessageContaining("cleanup.policy=delete");
    }

    @Test
    void topicMayNotBeDescribed_isRefusedNamingTheRights() {
        cluster.brokers(3);

        assertThatExceptionOfType(BridgeStartException.class)
                .isThrownBy(this::prepare)
                .withMessageStartingWith("kafka.transactions.stateTopic: '" + topic + "'")
                .withMessageContaining("DESCRIBE_CONFIGS");
    }
}
