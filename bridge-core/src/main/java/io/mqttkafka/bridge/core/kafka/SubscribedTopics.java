package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka every few seconds whether the topics of a route are still there, and still the same. A consumer tells of neither:
 * it reads nothing from a topic that is gone, and goes on at the old offset in one that was made anew. For the reading thread
 * only; nothing is waited for.
 */
final class SubscribedTopics implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SubscribedTopics.class);
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A topic that was made a moment ago is not known to every broker. */
    private static final int MISSES = 2;

    /** Who reads the topics. */
    interface Owner {
        /** The topic does not exist any more; told once. */
        void gone(String topic);

        /** The topic is another one of the same name. */
        void madeAnew(String topic);
    }

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final BridgeClock clock;
    private final String clientId;
    private final Owner owner;

    private final Map<String, Uuid> ids = new HashMap<>();
    private final Map<String, Integer> misses = new HashMap<>();
    private @Nullable Admin admin;
    private @Nullable Map<String, KafkaFuture<TopicDescription>> asked;
    private long dueNanos;

    SubscribedTopics(KafkaClients clients, KafkaOptions options, BridgeClock clock, String clientId, Owner owner) {
        this.clients = clients;
        this.options = options;
        this.clock = clock;
        this.clientId = clientId;
        this.owner = owner;
        dueNanos = clock.nanos();
    }

    /**
     * Looks at what Kafka has answered, and asks again when it is time.
     *
     * @param topics the topics that are to be read
     */
    void look(Supplier<Set<String>> topics) {
        Map<String, KafkaFuture<TopicDescription>> answers = asked;
        if (answers != null && answers.values().stream().allMatch(KafkaFuture::isDone)) {
            asked = null;
            answers.forEach(this::judge);
        }
        long now = clock.nanos();
        if (asked == null && now - dueNanos >= 0) {
            dueNanos = now + INTERVAL_NANOS;
            ask(topics.get());
        }
    }

    private void ask(Set<String> topics) {
        ids.keySet().retainAll(topics);
        misses.keySet().retainAll(topics);
        if (topics.isEmpty()) {
            return;
        }
        try {
            Admin asking = admin;
            if (asking == null) {
                asking = clients.admin(ProducerSettings.admin(options, clientId + "-watch"));
                admin = asking;
            }
            asked = asking.describeTopics(topics).topicNameValues();
        } catch (KafkaException e) {
            log.debug("Kafka is not asked for topics now", e);
        }
    }

    private void judge(String topic, KafkaFuture<TopicDescription> answer) {
        try {
            Uuid id = answer.get().topicId();
            misses.remove(topic);
            Uuid before = id.equals(Uuid.ZERO_UUID) ? null : ids.put(topic, id);
            if (before != null && !before.equals(id)) {
                owner.madeAnew(topic);
            }
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                log.debug("Kafka does not tell of the topic '{}'", topic, e);
            } else if (misses.merge(topic, 1, Integer::sum) == MISSES) {
                owner.gone(topic);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A topic whose partitions come to us after it was gone is read from its beginning anyway. */
    void assigned(Collection<String> topics) {
        topics.stream().filter(misses::containsKey).forEach(ids::remove);
    }

    @Override
    public void close() {
        Admin last = admin;
        if (last != null) {
            admin = null;
            last.close(Duration.ZERO);
        }
    }
}
