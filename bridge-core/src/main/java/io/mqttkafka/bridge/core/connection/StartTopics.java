package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Looks at the topics without which a route must not start. */
public final class StartTopics {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private StartTopics() {}

    /**
     * Looks at a topic, again and again while Kafka cannot be reached.
     *
     * @param sink who writes to it
     * @param topic the topic
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @return what it is like
     * @throws BridgeStartException if the thread was interrupted, and is still
     */
    public static TopicResolution resolve(RecordSender sink, String topic, long deadlineNanos) {
        while (true) {
            TopicResolution resolution = sink.resolve(topic);
            if (Thread.currentThread().isInterrupted()) {
                throw new BridgeStartException("the start was interrupted", resolution.cause());
            }
            if (resolution.state() != TopicResolution.State.UNREACHABLE || deadlineNanos - System.nanoTime() <= 0) {
                return resolution;
            }
            // Who has closed the sink, or has no name server, is answered at once.
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
