package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.connection.StartPatience;
import io.mqttkafka.bridge.core.connection.StartTopics;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One route of a {@link SinkRunner}, what feeds it, and where its dead letters go.
 *
 * @param route the route
 * @param feed has its records
 * @param deadLetters writes its dead letters; null if it has none
 */
record SinkLane(SinkRoute route, RecordFeed feed, @Nullable RecordSender deadLetters) {
    void open(long deadlineNanos) {
        StartPatience.retry(deadlineNanos, feed::open);
        if (deadLetters != null && route.failurePolicy.lastAction() instanceof DeadLetter deadLetter) {
            StartPatience.retry(deadlineNanos, deadLetters::open);
            requireReady(deadLetters, deadLetter.topic(), deadlineNanos);
        }
    }

    private void requireReady(RecordSender sink, String topic, long deadlineNanos) {
        TopicResolution resolution = StartTopics.resolve(sink, topic, deadlineNanos);
        if (resolution.state() != TopicResolution.State.READY) {
            throw new BridgeStartException(
                    "route '" + route.name() + "': "
                            + resolution.notReady("onFailure.deadLetter", topic).getMessage(),
                    resolution.cause());
        }
    }

    /** A dead letter topic can be deleted as well; its records come back to their route, which looks it up. */
    void watchDeadLetters(long now, Consumer<Throwable> lost) {
        if (deadLetters != null) {
            deadLetters.watch(now, lost::accept);
        }
    }

    void closeDeadLetters() {
        if (deadLetters != null) {
            deadLetters.close(Duration.ZERO);
        }
    }
}
