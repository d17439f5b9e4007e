package io.mqttkafka.bridge.core.source;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a route knows of the Kafka topics that it writes to. Thread-safe. */
final class KnownTopics {
    /** Stands for the number of partitions of a topic that nobody has looked up. */
    static final int NOT_READY = -1;

    private final int most;

    /** The Kafka topics that have been looked up and can be written to, each with its number of partitions. */
    private final Map<String, Integer> readyTopics = new ConcurrentHashMap<>();

    /** Topics whose records have come back, so that the next one goes alone. */
    private final Set<String> doubtful = ConcurrentHashMap.newKeySet();

    private volatile boolean anyDoubtful;

    /**
     * Makes one that knows nothing.
     *
     * @param most how many topics the route may write to
     */
    KnownTopics(int most) {
        this.most = most;
    }

    /**
     * Says how many partitions a topic had when it was last looked up; {@link #NOT_READY} if it was not. One that has got more
     * since is used as it was: no record goes astray by that.
     */
    int partitionCount(String kafkaTopic) {
        Integer count = readyTopics.get(kafkaTopic);
        return count == null ? NOT_READY : count;
    }

    /** Kafka has the topic, and the route may count on it. */
    void ready(String kafkaTopic, int partitions) {
        readyTopics.put(kafkaTopic, partitions);
    }

    /** Kafka has the topic. Whether it may be written to shows with the first record, which goes alone. */
    void found(String kafkaTopic, int partitions) {
        if (readyTopics.put(kafkaTopic, partitions) == null) {
            markDoubtful(kafkaTopic);
        }
    }

    private void markDoubtful(String kafkaTopic) {
        if (doubtful.size() >= most) {
            doubtful.clear();
        }
        doubtful.add(kafkaTopic);
        anyDoubtful = true;
    }

    /** Forgets that a topic can be written to: it is looked up again. */
    void notReady(String kafkaTopic) {
        readyTopics.remove(kafkaTopic);
    }

    /** Forgets that a topic can be written to: it is looked up again, and its next record goes alone. */
    void doubt(String kafkaTopic) {
        if (readyTopics.remove(kafkaTopic) != null) {
            markDoubtful(kafkaTopic);
        }
    }

    /** Says whether the next record of a topic has to go alone, so that nothing can pass it if it is refused. */
    boolean isDoubtful(String kafkaTopic) {
        return anyDoubtful && doubtful.contains(kafkaTopic);
    }

    /** Kafka has written a record of the topic. */
    void trust(String kafkaTopic) {
        doubtful.remove(kafkaTopic);
        anyDoubtful = !doubtful.isEmpty();
    }

    boolean hasRoomFor(String kafkaTopic) {
        return readyTopics.size() < most || readyTopics.containsKey(kafkaTopic);
    }
}
