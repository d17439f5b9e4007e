package io.mqttkafka.bridge.core.kafka;

import java.util.concurrent.atomic.AtomicLong;

/** How many records of one Kafka topic a producer has been given, and of how many of them it has told the outcome. Thread-safe. */
final class TopicFlow {
    final String topic;

    /** How many partitions the topic had when it was last looked up; 0 if it was not. */
    volatile int partitions;

    /** Counts those of all producers of the bridge. */
    private final TopicWaits.Topic waits;

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong told = new AtomicLong();

    TopicFlow(String topic, TopicWaits.Topic waits) {
        this.topic = topic;
        this.waits = waits;
    }

    void sending() {
        sent.getAndIncrement();
        waits.sending();
    }

    void told() {
        told.getAndIncrement();
        waits.done();
    }

    /** Counts the outcomes. */
    long outcomes() {
        return told.get();
    }

    /** Counts records whose outcome is open. */
    long underWay() {
        long outcomes = told.get();
        return sent.get() - outcomes;
    }
}
