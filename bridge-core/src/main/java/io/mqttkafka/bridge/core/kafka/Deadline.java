package io.mqttkafka.bridge.core.kafka;

import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * When several questions to Kafka, one after the other, have to be answered.
 *
 * @param nanos by {@link System#nanoTime()}
 */
record Deadline(long nanos) {
    static Deadline in(Duration timeout) {
        return new Deadline(System.nanoTime() + timeout.toNanos());
    }

    /**
     * Says how much time there is.
     *
     * @return nanoseconds, more than zero
     * @throws TimeoutException if there is none
     */
    long leftNanos() throws TimeoutException {
        long left = nanos - System.nanoTime();
        if (left <= 0) {
            throw new TimeoutException("no time left");
        }
        return left;
    }

    /**
     * Says how much time there is.
     *
     * @return the time, more than zero
     * @throws TimeoutException if there is none
     */
    Duration left() throws TimeoutException {
        return Duration.ofNanos(leftNanos());
    }
}
