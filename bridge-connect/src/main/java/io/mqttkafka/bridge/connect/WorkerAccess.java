package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.core.KafkaAccess;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import java.time.Duration;
import java.time.Instant;

/** What the two directions share: that a worker, which is there as long as its task runs, watches Kafka itself. */
public abstract class WorkerAccess implements KafkaAccess {
    private final TopicWaits waits = new TopicWaits();
    private final Instant since = Instant.now();

    /** Makes an access. */
    protected WorkerAccess() {}

    @Override
    public final TopicWaits waits() {
        return waits;
    }

    @Override
    public final void start() {
        // The worker watches its clients.
    }

    @Override
    public final void answered() {
        // The worker watches its clients.
    }

    @Override
    public final KafkaHealth health() {
        return KafkaHealth.builder()
                .reachable(true)
                .since(since)
                .longestWait(Duration.ZERO)
                .build();
    }

    @Override
    public void close() {
        // Nothing of its own is open.
    }
}
