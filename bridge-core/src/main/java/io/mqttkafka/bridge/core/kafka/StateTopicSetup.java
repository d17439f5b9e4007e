package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that the topic with the packet ids of QoS 2 exists and does not forget them, and warns if Kafka can lose it. */
final class StateTopicSetup {
    private static final Logger log = LoggerFactory.getLogger(StateTopicSetup.class);
    private static final int MOST_REPLICAS = 3;
    private static final String SEGMENT_BYTES = String.valueOf(16 * 1024 * 1024);

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;
    private final String name;

    StateTopicSetup(KafkaClients clients, KafkaOptions options, String clientId) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
        this.name = options.transactions().stateTopic();
    }

    /**
     * Sees to it.
     *
     * @param timeout how long Kafka has for its answers
     * @throws BridgeStartException if Kafka does not answer, does not allow it, or would forget entries
     */
    void prepare(Duration timeout) {
        Deadline deadline = Deadline.in(timeout);
        try {
            StartAttempts.make(deadline, left -> {
                prepare(deadline);
                return true;
            });
        } catch (ExecutionException e) {
            throw unusable(name, String.valueOf(SendFailures.text(e)), e);
        } catch (InterruptedException | InterruptException e) {
            throw StartFailures.of(options, e);
        } catch (TimeoutException | KafkaException e) {
            throw unusable(name, "Kafka does not answer", e);
        }
    }

    private void prepare(Deadline deadline) throws ExecutionException, InterruptedException, TimeoutException {
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            TopicDescription description = describeOrCreate(admin, deadline);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
            Config config = admin.describeConfigs(List.of(resource))
                    .all()
                    .get(deadline.leftNanos(), TimeUnit.NANOSECONDS)
                    .get(resource);
            requireCompacted(config);
            warnIfItCanBeLost(admin, description, config, deadline);
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private TopicDescription describeOrCreate(Admin admin, Deadline deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        while (true) {
            try {
                return Objects.requireNonNull(admin.describeTopics(List.of(name))
                        .allTopicNames()
                        .get(deadline.leftNanos(), TimeUnit.NANOSECONDS)
                        .get(name));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
            create(admin, deadline);
        }
    }

    private void create(Admin admin, Deadline deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        short replicas = (short) Math.min(MOST_REPLICAS, brokers(admin, deadline));
        NewTopic topic = new NewTopic(name, Optional.of(1), Optional.of(replicas))
                .configs(Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                        String.valueOf(Math.max(1, replicas - 1)),
                        TopicConfig.SEGMENT_BYTES_CONFIG,
                        SEGMENT_BYTES));
        try {
            admin.createTopics(List.of(topic)).all().get(deadline.leftNanos(), TimeUnit.NANOSECONDS);
            log.info("Created the topic '{}' for the packet ids of QoS 2, with {} replicas", name, replicas);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
            log.debug("Another bridge has created '{}' meanwhile", name);
        }
    }

    private void requireCompacted(@Nullable Config config) {
        String policy = value(config, TopicConfig.CLEANUP_POLICY_CONFIG);
        if (policy != null && !TopicConfig.CLEANUP_POLICY_COMPACT.equals(policy)) {
            throw new BridgeStartException(
                    "kafka.transactions.stateTopic: '" + name + "' has cleanup.policy=" + policy
                            + ", so that Kafka would forget packet ids; set it to 'compact', or name another topic",
                    null);
        }
    }

    private void warnIfItCanBeLost(
            Admin admin, TopicDescription description, @Nullable Config config, Deadline deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        int replicas = description.partitions().stream()
                .map(TopicPartitionInfo::replicas)
                .mapToInt(List::size)
                .min()
                .orElse(0);
        if (replicas > 1) {
            if ("1".equals(value(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG))) {
                log.warn(
                        "The Kafka topic '{}', which holds the packet ids of QoS 2, has {} replicas, but min.insync.replicas=1:"
                                + " if a broker loses its disk, messages in flight can be repeated; set"
                                + " min.insync.replicas to 2",
                        name,
                        replicas);
            }
        } else if (hasSeveralBrokers(admin, deadline)) {
            log.warn(
                    "The Kafka topic '{}', which holds the packet ids of QoS 2, has one replica: if that broker loses its"
                            + " disk, messages in flight can be repeated; give the topic 3 replicas",
                    name);
        } else {
            log.info("'{}' has one replica: if that broker's disk is lost, messages in flight can be repeated", name);
        }
    }

    private static boolean hasSeveralBrokers(Admin admin, Deadline deadline)
            throws InterruptedException, TimeoutException {
        try {
            return brokers(admin, deadline) > 1;
        } catch (ExecutionException e) {
            log.debug("Kafka does not say how many brokers it has", e);
            return false;
        }
    }

    private static int brokers(Admin admin, Deadline deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        return admin.describeCluster()
                .nodes()
                .get(deadline.leftNanos(), TimeUnit.NANOSECONDS)
                .size();
    }

    private static @Nullable String value(@Nullable Config config, String name) {
        ConfigEntry entry = config == null ? null : config.get(name);
        return entry == null ? null : entry.value();
    }

    /** Says that the topic cannot be used, and what to check. */
    static BridgeStartException unusable(String name, String why, Exception cause) {
        return new BridgeStartException(
                "kafka.transactions.stateTopic: '" + name + "', which holds the packet ids of QoS 2: " + why
                        + "; check Kafka and the rights CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ and WRITE on it, or"
                        + " declare the routes effectivelyOnce()",
                cause);
    }
}
