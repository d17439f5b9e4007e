package io.mqttkafka.bridge.core.kafka;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Asks Kafka again while it cannot be reached, until the time for it is over. Kafka's clients do so by themselves, but not when
 * none of the host names can be resolved, nor for longer than their own timeouts.
 */
final class StartAttempts {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** What Kafka says if it could resolve none of the names; it has no exception of its own for it before 4.4. */
    private static final String UNRESOLVED = "No resolvable bootstrap";

    private static final String UNRESOLVED_CLASS = "BootstrapResolutionException";

    /** Something that needs Kafka. */
    interface Attempt<T> {
        /**
         * Makes one attempt.
         *
         * @param left the time for it, more than zero
         * @return what came of it
         */
        T make(Duration left) throws ExecutionException, InterruptedException, TimeoutException;
    }

    private StartAttempts() {}

    /**
     * Makes attempts until one succeeds.
     *
     * @param deadline when to give up
     * @param attempt what to do
     * @return what came of the first that succeeded
     * @throws InterruptedException if the thread was interrupted
     */
    static <T> T make(Deadline deadline, Attempt<T> attempt)
            throws ExecutionException, InterruptedException, TimeoutException {
        while (true) {
            try {
                return attempt.make(deadline.left());
            } catch (ExecutionException | KafkaException e) {
                if (!isPassing(e) || deadline.nanos() - System.nanoTime() <= PAUSE_NANOS) {
                    throw e;
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    /** Says whether it may be over in a moment without anybody having mended something. */
    static boolean isPassing(Throwable failure) {
        boolean passing = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException
                    || cause instanceof AuthorizationException
                    || cause instanceof CorruptRecordException) {
                return false;
            }
            passing |= cause instanceof RetriableException || isUnresolved(cause);
        }
        return passing;
    }

    /** Says whether it tells that no host name of Kafka could be resolved, which is not a wrong property. */
    static boolean isUnresolved(Throwable failure) {
        return (failure instanceof ConfigException
                        && String.valueOf(failure.getMessage()).contains(UNRESOLVED))
                || failure.getClass().getSimpleName().equals(UNRESOLVED_CLASS);
    }
}
