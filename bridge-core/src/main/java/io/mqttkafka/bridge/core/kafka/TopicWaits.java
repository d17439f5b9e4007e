package io.mqttkafka.bridge.core.kafka;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Knows which topics wait for Kafka's confirmation, and for how long none has come. It counts two numbers per record and reads no
 * clock for it: when a topic last got on is found out by looking now and then. It grows with the topics that are written to, as
 * the producer itself does. Thread-safe.
 */
public final class TopicWaits {
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();

    /** Makes it, with nothing that waits. */
    public TopicWaits() {}

    /**
     * A topic that waits.
     *
     * @param topic its name
     * @param records how many of its records wait
     * @param idle for how long none was confirmed
     */
    public record Wait(String topic, long records, Duration idle) {
        @Override
        public String toString() {
            return records + " records of the Kafka topic '" + topic + "' wait, and none was confirmed for "
                    + idle.toSeconds() + " s";
        }
    }

    /** The records of one topic. */
    public static final class Topic {
        private final LongAdder sent = new LongAdder();
        private final LongAdder ended = new LongAdder();

        // Guarded by the owner.
        private long endedBefore;
        private long idleSinceNanos = System.nanoTime();

        private Topic() {}

        /** A record begins to wait: it is handed to Kafka's client, or cannot be while Kafka does not say what the topic is. */
        public void sending() {
            sent.increment();
        }

        /** It waits no more: its outcome is known, or it goes another way. */
        public void done() {
            ended.increment();
        }
    }

    /**
     * Returns what counts the records of a topic.
     *
     * @param topic its name
     * @return the same one each time
     */
    public Topic of(String topic) {
        Topic known = topics.get(topic);
        return known == null ? topics.computeIfAbsent(topic, name -> new Topic()) : known;
    }

    /**
     * Looks once.
     *
     * @param nowNanos now, by {@link System#nanoTime()}
     * @return the topic that waits longest; null if none does
     */
    public synchronized @Nullable Wait longest(long nowNanos) {
        Wait longest = null;
        for (Map.Entry<String, Topic> entry : topics.entrySet()) {
            Topic topic = entry.getValue();
            // In this order, or a record could be done before it was sent.
            long ended = topic.ended.sum();
            long waiting = topic.sent.sum() - ended;
            if (waiting <= 0 || ended != topic.endedBefore) {
                topic.endedBefore = ended;
                topic.idleSinceNanos = nowNanos;
            }
            Duration idle = Duration.ofNanos(Math.max(0, nowNanos - topic.idleSinceNanos));
            if (waiting > 0 && (longest == null || idle.compareTo(longest.idle()) > 0)) {
                longest = new Wait(entry.getKey(), waiting, idle);
            }
        }
        return longest;
    }
}
