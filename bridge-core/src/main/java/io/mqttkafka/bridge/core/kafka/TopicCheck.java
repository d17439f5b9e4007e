package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka about topics whose records wait for long. Kafka's producer tries a topic that was deleted again for ever, and says
 * nothing. Thread-safe.
 */
final class TopicCheck {
    /** How long the records of a topic wait, without one of them confirmed, before Kafka is asked about it. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(TopicCheck.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final KafkaClients clients;
    private final Map<String, Object> properties;

    TopicCheck(KafkaClients clients, KafkaOptions options, String clientId) {
        this.clients = clients;
        properties = ProducerSettings.admin(options, clientId);
    }

    /**
     * Finds out which topics the records that wait cannot be written to. Takes five seconds at the most.
     *
     * @param partitions the topics, each with the number of its partitions as it is known, or 0
     * @return those that are lost; null if none is, or Kafka does not say
     * @throws InterruptedException if the thread was interrupted
     */
    @Nullable
    TopicLostException lost(Map<String, Integer> partitions) throws InterruptedException {
        Set<String> lost = new LinkedHashSet<>();
        List<String> reasons = new ArrayList<>();
        Admin admin = null;
        try {
            admin = clients.admin(properties);
            long deadline = System.nanoTime() + TIMEOUT.toNanos();
            Map<String, KafkaFuture<TopicDescription>> answers =
                    admin.describeTopics(partitions.keySet()).topicNameValues();
            for (Map.Entry<String, KafkaFuture<TopicDescription>> answer : answers.entrySet()) {
                String topic = answer.getKey();
                String reason = reason(answer.getValue(), deadline, partitions.getOrDefault(topic, 0));
                if (reason != null) {
                    lost.add(topic);
                    reasons.add("the topic '" + UntrustedText.escape(topic) + "' " + reason);
                }
            }
        } catch (TimeoutException | KafkaException e) {
            log.debug("Kafka does not say what has become of the topics {}", partitions.keySet(), e);
        } finally {
            if (admin != null) {
                // Its close() without a time waits for questions that were given up.
                admin.close(Duration.ZERO);
            }
        }
        return lost.isEmpty()
                ? null
                : new TopicLostException(
                        lost,
                        String.join(", ", reasons)
                                + "; its records are tried again, and fail by the policy of their route",
                        null);
    }

    private static @Nullable String reason(KafkaFuture<TopicDescription> answer, long deadline, int partitions)
            throws TimeoutException, InterruptedException {
        try {
            int now = answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)
                    .partitions()
                    .size();
            return now < partitions ? "was made anew with " + now + " partitions instead of " + partitions : null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return "does not exist any more";
            }
            if (e.getCause() instanceof TopicAuthorizationException) {
                return "is not open to us any more";
            }
            log.debug("Kafka does not say what has become of a topic", e);
            return null;
        }
    }
}
