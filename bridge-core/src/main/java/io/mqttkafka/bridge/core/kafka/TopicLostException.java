package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.DeliveryException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Records that are under way to topics cannot be written as they are: they come again, and their topics are looked up first. */
public final class TopicLostException extends DeliveryException {
    private static final long serialVersionUID = 1L;

    private final transient Set<String> topics;

    TopicLostException(Set<String> topics, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.topics = Set.copyOf(topics);
    }

    /**
     * Returns the Kafka topics.
     *
     * @return their names
     */
    public Set<String> topics() {
        return topics;
    }
}
