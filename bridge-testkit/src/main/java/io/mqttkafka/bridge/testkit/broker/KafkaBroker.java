package io.mqttkafka.bridge.testkit.broker;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker for a test: {@link io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka} is in memory; a real one is a KRaft node
 * that is broker and controller at once, in this JVM ({@link EmbeddedKafka}), a process ({@link KafkaProcess}), one of three
 * ({@link KafkaCluster}), or a container ({@link ContainerKafka}). A test written against this interface runs on any of them.
 *
 * <p>A real one listens on the loopback address unless it is a container, keeps its port and its data over {@link #restart()} and deletes the data on
 * {@link #close()}. Topics are created automatically on first use, as in Kafka's own defaults, unless the broker
 * property {@code auto.create.topics.enable} says otherwise.
 *
 * <p>Implementations are thread-safe.
 */
public interface KafkaBroker extends AutoCloseable {

    /**
     * Returns the broker's own address as {@code host:port}, which leads past any proxy; it stays the same over
     * restarts.
     */
    String bootstrapServers();

    /** Stops the broker in an orderly way and keeps its data; does nothing if it is not running. */
    void stop();

    /** Stops the broker if it is running and starts it again on the same port with the same data. */
    void restart();

    /** Stops the broker and deletes its data; does nothing when called again. */
    @Override
    void close();

    /**
     * Creates a topic.
     *
     * @param config the topic's configuration, such as {@code cleanup.policy}
     * @throws IllegalStateException if the broker refuses, for example because the topic exists
     */
    default void createTopic(String name, int partitions, Map<String, String> config) {
        KafkaTopics.create(bootstrapServers(), name, partitions, config);
    }

    /** Creates a topic with the broker's default configuration. */
    default void createTopic(String name, int partitions) {
        createTopic(name, partitions, Map.of());
    }

    /**
     * Writes a record and returns when Kafka has confirmed it.
     *
     * @param key the key; null for none
     * @throws IllegalStateException if Kafka does not confirm it within 60 seconds
     */
    default void produce(String topic, @Nullable String key, String value) {
        KafkaTopics.produce(bootstrapServers(), topic, key, value);
    }

    /**
     * Reads a topic from the beginning to its end as of now, by partition and offset, the way a {@code read_committed}
     * consumer sees it.
     *
     * <p>Records of aborted transactions are left out, and so is everything behind a transaction that is still open. A
     * topic that does not exist has no records.
     *
     * @throws IllegalStateException if the end is not reached within 30 seconds
     */
    default List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        return KafkaTopics.readAll(bootstrapServers(), topic);
    }
}
