package io.mqttkafka.bridge.core.kafka;

import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;

/** Tells an outage of Kafka, which is waited for as long as it takes, from a fault that trying again does not mend. */
public final class Outages {
    private Outages() {}

    /**
     * Says whether a failure can end by itself, or by somebody who mends something on Kafka's side: it is away, too slow, has
     * too few replicas, or refuses access that can be given back.
     *
     * @param failure what a Kafka client met with
     * @return whether it can
     */
    public static boolean isOutage(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException
                    || cause instanceof AuthenticationException
                    || cause instanceof AuthorizationException
                    || cause instanceof InterruptException) {
                return true;
            }
        }
        return false;
    }
}
