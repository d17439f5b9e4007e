package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.error.DeliveryException;
import java.util.Collection;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Sorts the exceptions of Kafka's consumer by what they mean for the route, and says in words what to do about them. */
final class ReadFailures {
    private ReadFailures() {}

    /** Says whether another consumer would fail in the same way, however often. */
    static boolean isFinal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LinkageError
                    || cause instanceof InvalidOffsetException
                    || cause instanceof FencedInstanceIdException
                    || cause instanceof UnsupportedVersionException
                    || (cause instanceof ConfigException && !StartAttempts.isUnresolved(cause))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Finds out which partition holds a record that cannot be read.
     *
     * @param failure what the consumer said
     * @param assigned the partitions that it reads
     * @return the partition; null if the failure is not that of a record
     */
    static @Nullable TopicPartition partition(Throwable failure, Collection<TopicPartition> assigned) {
        if (failure instanceof RecordDeserializationException e) {
            return e.topicPartition();
        }
        // Of others Kafka tells it in words only; whoever denies access names a topic, and no partition.
        if (failure.getClass() != KafkaException.class || failure.getMessage() == null) {
            return null;
        }
        for (TopicPartition one : assigned) {
            if (names(failure.getMessage(), one.toString())) {
                return one;
            }
        }
        return null;
    }

    /** Says whether a text has a word; with an end of a sentence after it, perhaps. */
    private static boolean names(String text, String word) {
        int at = text.indexOf(word);
        while (at >= 0) {
            int end = at + word.length();
            boolean sentence = end < text.length() && text.charAt(end) == '.' && !isPartOfWord(text, end + 1);
            if (!isPartOfWord(text, at - 1) && (sentence || !isPartOfWord(text, end))) {
                return true;
            }
            at = text.indexOf(word, at + 1);
        }
        return false;
    }

    private static boolean isPartOfWord(String text, int at) {
        if (at < 0 || at >= text.length()) {
            return false;
        }
        char c = text.charAt(at);
        return Character.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
    }

    /** Says why a route stops that cannot read any more, and the mend. */
    static DeliveryException told(RecordFeed.Reading reading, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LinkageError) {
                return new DeliveryException(
                        "the records cannot be decompressed, because the native library of snappy or zstd cannot be loaded ("
                                + cause.getClass().getSimpleName()
                                + "); give the process a folder for temporary files that it may write to and execute from"
                                + " (-Djava.io.tmpdir=..) and start it again",
                        failure);
            }
            if (cause instanceof InvalidOffsetException) {
                return new DeliveryException(
                        "kafka.consumer: auto.offset.reset=none, but the offset of the group '" + reading.group()
                                + "' is not in the log (" + cause.getMessage()
                                + "); set the offsets of the group, or leave auto.offset.reset out",
                        failure);
            }
            if (cause instanceof FencedInstanceIdException) {
                return new DeliveryException(
                        "kafka.consumer: another consumer of the group '" + reading.group()
                                + "' has the same group.instance.id; give each one of its own",
                        failure);
            }
            if (cause instanceof AuthorizationException) {
                return new DeliveryException(
                        "Kafka does not let us read (" + cause.getMessage() + "), " + Restarts.MOST
                                + " times in a row; give this user READ on "
                                + (reading.pattern() == null ? reading.topics() : "the topics")
                                + " and on the group '" + reading.group() + "'",
                        failure);
            }
            if (cause instanceof AuthenticationException) {
                return new DeliveryException(
                        "kafka.client: Kafka refuses the credentials or the TLS connection (" + cause.getMessage()
                                + "), " + Restarts.MOST + " times in a row; check the sasl.* and ssl.* properties",
                        failure);
            }
        }
        String text = SendFailures.text(failure);
        return new DeliveryException(
                isFinal(failure)
                        ? "Kafka's consumer cannot go on (" + text + ")"
                        : "Kafka's consumer failed " + Restarts.MOST + " times in a row without a record in between ("
                                + text + "); mend what it says and start again",
                failure);
    }
}
