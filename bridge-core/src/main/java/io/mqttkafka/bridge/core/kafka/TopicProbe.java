package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka about topics without a producer, which would wait for a missing topic until it gives up. Its client is made for
 * the first question and kept. Thread-safe.
 */
final class TopicProbe implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TopicProbe.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String CREATES_TOPICS = "auto.create.topics.enable";

    private final KafkaClients clients;
    private final Map<String, Object> properties;
    private @Nullable Admin admin;

    TopicProbe(KafkaClients clients, Map<String, Object> properties) {
        this.clients = clients;
        this.properties = properties;
    }

    /** Says whether a topic is there and we may see it; it creates none. */
    TopicResolution look(String topic) {
        try {
            Map<String, TopicDescription> found =
                    get(admin().describeTopics(Set.of(topic)).allTopicNames());
            TopicDescription description = found.get(topic);
            return TopicResolution.ready(
                    description == null ? 0 : description.partitions().size());
        } catch (ExecutionException e) {
            return resolution(e);
        } catch (TimeoutException | KafkaException | IllegalStateException e) {
            // The last one if it is closed meanwhile.
            return TopicResolution.not(State.UNREACHABLE, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return TopicResolution.not(State.UNREACHABLE, e);
        }
    }

    private static TopicResolution resolution(ExecutionException failure) {
        if (failure.getCause() instanceof UnknownTopicOrPartitionException missing) {
            return TopicResolution.not(State.MISSING, missing);
        }
        if (failure.getCause() instanceof TopicAuthorizationException denied) {
            return TopicResolution.not(State.DENIED, denied);
        }
        if (failure.getCause() instanceof InvalidTopicException illegal) {
            return TopicResolution.not(State.ILLEGAL, illegal);
        }
        return TopicResolution.not(State.UNREACHABLE, failure);
    }

    /** Says whether the cluster creates a topic that somebody writes to; null if it does not tell us. */
    @Nullable
    Boolean clusterCreatesTopics() {
        try {
            Admin client = admin();
            List<Node> nodes = List.copyOf(get(client.describeCluster().nodes()));
            if (nodes.isEmpty()) {
                return null;
            }
            ConfigResource broker =
                    new ConfigResource(ConfigResource.Type.BROKER, nodes.get(0).idString());
            Config config = get(client.describeConfigs(Set.of(broker)).all()).get(broker);
            ConfigEntry entry = config == null ? null : config.get(CREATES_TOPICS);
            String value = entry == null ? null : entry.value();
            return value == null ? null : Boolean.valueOf(value);
        } catch (ExecutionException | TimeoutException | KafkaException | IllegalStateException e) {
            log.debug("Kafka does not say whether it creates topics", e);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static <T> T get(KafkaFuture<T> answer) throws ExecutionException, InterruptedException, TimeoutException {
        return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private synchronized Admin admin() {
        Admin current = admin;
        if (current == null) {
            current = clients.admin(properties);
            admin = current;
        }
        return current;
    }

    /** Gives questions up. One that is asked later has a client of its own again. */
    @Override
    public void close() {
        Admin last;
        synchronized (this) {
            last = admin;
            admin = null;
        }
        if (last != null) {
            // Its close() without a time waits for questions that were given up.
            last.close(Duration.ZERO);
        }
    }
}
