package io.mqttkafka.bridge.core.kafka;

import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Tells a Kafka that does not answer now, which can pass by itself, from what somebody has to mend. */
public final class KafkaAway {
    private KafkaAway() {}

    /**
     * Looks at what a step of the start met with.
     *
     * @param failure the failure
     * @return whether Kafka is away; false if it has answered, or if its client cannot be made
     */
    public static boolean isCauseOf(Throwable failure) {
        boolean away = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException
                    || cause instanceof AuthorizationException
                    || cause instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            away |= cause instanceof RetriableException
                    || cause instanceof java.util.concurrent.TimeoutException
                    || StartAttempts.isUnresolved(cause);
        }
        return away;
    }
}
