package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.kafka.SendFailure.Kind;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Sorts the exceptions of Kafka's producer by what they mean for the record. */
final class SendFailures {
    private SendFailures() {}

    /**
     * Sorts one.
     *
     * @param exception what the producer said
     * @param whileSending whether it said so in {@code send}, before the record was on its way
     */
    static SendFailure classify(Exception exception, boolean whileSending) {
        return new SendFailure(kind(exception, whileSending), exception);
    }

    private static Kind kind(Exception exception, boolean whileSending) {
        if (exception instanceof RecordTooLargeException) {
            return Kind.TOO_LARGE;
        }
        if (exception instanceof InvalidTopicException
                || exception instanceof InvalidRecordException
                || exception instanceof org.apache.kafka.common.errors.InvalidTimestampException
                || exception instanceof SerializationException) {
            return Kind.REFUSED;
        }
        if (exception instanceof TopicAuthorizationException) {
            return Kind.DENIED;
        }
        if (exception instanceof UnknownTopicOrPartitionException) {
            return Kind.NOT_SENT;
        }
        if (whileSending && exception instanceof TimeoutException) {
            return Kind.NOT_SENT;
        }
        // Expired, fenced, out of sequence, closed, not authenticated, or unknown to us.
        return Kind.BROKEN;
    }

    /**
     * As {@link #text}, with the reason that Kafka's client hides below it. Only what speaks of TLS or of a host is repeated: other
     * messages down there can hold parts of {@code sasl.jaas.config}.
     */
    static String withReason(Throwable failure) {
        String text = text(failure);
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            boolean telling = cause instanceof SSLException
                    || cause instanceof UnknownHostException
                    || (cause instanceof ConfigException
                            && String.valueOf(cause.getMessage()).contains("bootstrap"));
            if (telling && cause.getMessage() != null && !text.contains(cause.getMessage())) {
                return text + ": " + cause.getMessage();
            }
        }
        return text;
    }

    /** Says in words what Kafka said, without repeating a stack of class names. */
    static String text(Throwable failure) {
        Throwable told = failure instanceof java.util.concurrent.ExecutionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        String name = told.getClass().getSimpleName();
        return told instanceof ApiException && told.getMessage() != null
                ? name + ": " + told.getMessage()
                : told.getMessage() == null ? name : told.getMessage();
    }

    /** Names the innermost cause, which is what somebody has to mend. */
    static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null
                ? root.getClass().getSimpleName()
                : root.getClass().getSimpleName() + ": " + root.getMessage();
    }
}
