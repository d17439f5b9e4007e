package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.core.kafka.KafkaVersion;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real Kafka broker in a container, by Testcontainers.
 *
 * <p>Needs Docker and {@code org.testcontainers:kafka}. Thread-safe.
 */
public final class ContainerKafka implements KafkaBroker {

    private static final int KAFKA_PORT = 9092;

    private final DockerBroker container;

    private ContainerKafka(String image) {
        container = new DockerBroker(new KafkaContainer(DockerImageName.parse(image)), KAFKA_PORT);
    }

    /** Returns whether there is a Docker that Testcontainers can use; the first call takes up to some seconds. */
    public static boolean available() {
        return DockerBroker.available();
    }

    /**
     * Starts a broker of {@code apache/kafka}, of the version that the Kafka client on the class path has, and returns when it
     * serves clients.
     *
     * @throws IllegalStateException if there is no Docker
     */
    public static ContainerKafka start() {
        return start("apache/kafka:" + KafkaVersion.found());
    }

    /**
     * Starts a broker of another tag of {@code apache/kafka}.
     *
     * @throws IllegalStateException if there is no Docker
     */
    public static ContainerKafka start(String image) {
        ContainerKafka kafka = new ContainerKafka(image);
        try {
            kafka.restart();
            return kafka;
        } catch (RuntimeException | Error e) {
            kafka.close();
            throw e;
        }
    }

    @Override
    public String bootstrapServers() {
        return container.host() + ":" + container.port();
    }

    @Override
    public synchronized void stop() {
        container.stop();
    }

    @Override
    public synchronized void restart() {
        container.stop();
        container.start();
        KafkaTopics.awaitReady(bootstrapServers());
    }

    @Override
    public synchronized void close() {
        container.close();
    }
}
