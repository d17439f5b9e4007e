package io.mqttkafka.bridge.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Ticks off every message of a workload as its record is read back, or it arrives at the subscriber, topic by topic. Not thread-safe. */
final class DeliveryLedger {
    private final Workload workload;
    private final TopicLedger[] topics;
    private long duplicated;
    private long reordered;
    private long corrupt;
    private long firstAppendMillis = Long.MAX_VALUE;
    private long lastAppendMillis = Long.MIN_VALUE;

    DeliveryLedger(Workload workload) {
        this.workload = workload;
        this.topics = new TopicLedger[workload.topics()];
        Arrays.setAll(topics, TopicLedger::new);
    }

    /** Takes one record; those of one partition must come in their order. */
    void record(int partition, byte @Nullable [] key, byte @Nullable [] payload, long appendMillis) {
        firstAppendMillis = Math.min(firstAppendMillis, appendMillis);
        lastAppendMillis = Math.max(lastAppendMillis, appendMillis);
        if (payload == null || payload.length != workload.payloadBytes() || !NumberedPayload.isIntact(payload)) {
            corrupt++;
            return;
        }
        TopicLedger topic = topics[NumberedPayload.topic(payload)];
        if (!Arrays.equals(key, topic.key)) {
            corrupt++;
            return;
        }
        topic.record(partition, NumberedPayload.sequence(payload));
    }

    long delivered() {
        return Arrays.stream(topics)
                .mapToLong(topic -> topic.seen.cardinality())
                .sum();
    }

    long lost() {
        return workload.messages() - delivered();
    }

    long duplicated() {
        return duplicated;
    }

    /** First copies that stand behind a later message of their topic, or on another partition than the topic began on. */
    long reordered() {
        return reordered;
    }

    /** Records whose checksum or key is wrong. */
    long corrupt() {
        return corrupt;
    }

    /** The time between the first and the last append by Kafka's own clock, or arrival by the subscriber's; at least a millisecond, its resolution. */
    long appendMillis() {
        return Math.max(1, lastAppendMillis - firstAppendMillis);
    }

    private final class TopicLedger {
        private final byte[] key;
        private final BitSet seen = new BitSet(workload.messagesPerTopic());
        private int partition = -1;
        private int highest = -1;

        private TopicLedger(int number) {
            key = Workload.mqttTopic(number).getBytes(StandardCharsets.UTF_8);
        }

        private void record(int recordPartition, int sequence) {
            if (seen.get(sequence)) {
                duplicated++;
                return;
            }
            seen.set(sequence);
            if (partition < 0) {
                partition = recordPartition;
            }
            if (sequence < highest || recordPartition != partition) {
                reordered++;
            }
            highest = Math.max(highest, sequence);
        }
    }
}
