package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka what the group has committed, and where logs end: a worker does not tell a task what became of the offsets that
 * it returned, and packet ids may be forgotten only when that is certain. Does not wait. For one thread, but for {@link #close}.
 */
final class GroupOffsets implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupOffsets.class);
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /**
     * What Kafka has answered.
     *
     * @param committed the committed offsets of the group
     * @param ends the ends of the logs that were asked for
     * @param absent those of them that are not there
     */
    record Answer(Map<TopicPartition, Long> committed, Map<TopicPartition, Long> ends, Set<TopicPartition> absent) {}

    private final KafkaClients clients;
    private final Map<String, Object> properties;
    private final String group;
    private final Runnable answered;
    private final AtomicReference<@Nullable Answer> answer = new AtomicReference<>();
    private volatile boolean asking;
    private boolean closed;
    private long askedNanos = System.nanoTime() - INTERVAL_NANOS;

    /** Made when it is needed first. */
    private @Nullable Admin admin;

    /**
     * Makes one that has asked nothing.
     *
     * @param answered is run by another thread when there is an answer
     */
    GroupOffsets(KafkaClients clients, KafkaOptions options, String clientId, String group, Runnable answered) {
        this.clients = clients;
        properties = new HashMap<>(options.client());
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "bridge-" + clientId + "-offsets");
        this.group = group;
        this.answered = answered;
    }

    /** Returns what has been answered since this was called last; null if nothing was. */
    @Nullable
    Answer take() {
        return answer.getAndSet(null);
    }

    /**
     * Asks, unless a question is open or the last one was a moment ago.
     *
     * @param logs the partitions whose ends matter
     */
    void ask(Collection<TopicPartition> logs) {
        if (asking || System.nanoTime() - askedNanos < INTERVAL_NANOS) {
            return;
        }
        askedNanos = System.nanoTime();
        Admin asked = admin();
        if (asked == null) {
            return;
        }
        asking = true;
        try {
            askCommitted(asked, logs);
        } catch (KafkaException | IllegalStateException e) {
            // It is being closed, for example.
            log.debug("What the group '{}' has committed cannot be asked for", group, e);
            end(null);
        }
    }

    private void askCommitted(Admin asked, Collection<TopicPartition> logs) {
        asked.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().whenComplete((offsets, failure) -> {
            if (failure != null) {
                log.debug("What the group '{}' has committed is not known yet", group, failure);
                end(null);
                return;
            }
            Map<TopicPartition, Long> committed = new HashMap<>();
            offsets.forEach((partition, offset) -> {
                if (offset != null) {
                    committed.put(partition, offset.offset());
                }
            });
            askEnds(asked, logs, committed);
        });
    }

    private synchronized @Nullable Admin admin() {
        if (admin == null && !closed) {
            try {
                admin = clients.admin(properties);
            } catch (KafkaException e) {
                log.warn("What the group '{}' has committed cannot be asked for yet: {}", group, e.getMessage());
            }
        }
        return admin;
    }

    private void askEnds(Admin admin, Collection<TopicPartition> logs, Map<TopicPartition, Long> committed) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        Set<TopicPartition> absent = new HashSet<>();
        if (logs.isEmpty()) {
            end(new Answer(committed, ends, absent));
            return;
        }
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        logs.forEach(partition -> asked.put(partition, OffsetSpec.latest()));
        ListOffsetsResult result = admin.listOffsets(asked);
        AtomicInteger open = new AtomicInteger(logs.size());
        for (TopicPartition partition : logs) {
            KafkaFuture<ListOffsetsResult.ListOffsetsResultInfo> one = result.partitionResult(partition);
            one.whenComplete((end, failure) -> {
                synchronized (ends) {
                    if (failure == null) {
                        ends.put(partition, end.offset());
                    } else if (failure instanceof UnknownTopicOrPartitionException) {
                        absent.add(partition);
                    }
                }
                if (open.decrementAndGet() == 0) {
                    end(new Answer(committed, ends, absent));
                }
            });
        }
    }

    private void end(@Nullable Answer found) {
        if (found != null) {
            answer.set(found);
        }
        asking = false;
        if (found != null) {
            answered.run();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (admin != null) {
            admin.close(Duration.ZERO);
            admin = null;
        }
    }
}
