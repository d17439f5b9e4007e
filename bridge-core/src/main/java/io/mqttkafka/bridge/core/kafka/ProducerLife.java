package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.kafka.SendFailure.Kind;
import io.mqttkafka.bridge.core.restart.Restarts;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * One producer, from its making until the first record whose outcome nobody knows. From then on it writes nothing: what was
 * sent later would be in Kafka before what comes again. Thread-safe.
 */
final class ProducerLife {
    /** Which one it is; what is of another one must not be sent by this. */
    final int number;

    final Producer<byte[], byte[]> producer;
    private final Restarts restarts;
    private volatile boolean over;
    private volatile boolean ending;

    /** Why it is over: what fails because of that says so as well. */
    private volatile @Nullable Exception reason;

    ProducerLife(int number, Producer<byte[], byte[]> producer, Restarts restarts) {
        this.number = number;
        this.producer = producer;
        this.restarts = restarts;
    }

    boolean isOver() {
        return over;
    }

    /** Says why it is over. */
    Exception reason() {
        Exception known = reason;
        return known == null ? new IllegalStateException("the producer is closed") : known;
    }

    /** Takes nothing more, because of this. To be followed by {@link #end}. */
    void stopTaking(Exception because) {
        reason = because;
        over = true;
    }

    /** Kafka has written a record: it is no use to call the producer hopeless. */
    void confirmed() {
        restarts.progress();
    }

    /** Takes nothing more, and gives up what is not confirmed by then; not by the producer's own thread. */
    void end(Duration patience) {
        ending = true;
        over |= patience.isZero();
        producer.close(patience);
        over = true;
    }

    /**
     * Judges a failure, and ends the life if the record has to come again.
     *
     * @param exception what the producer said
     * @param whileSending whether it said so in {@code send}
     * @param flow the records of the topic, without this one
     */
    SendFailure judge(Exception exception, boolean whileSending, TopicFlow flow) {
        SendFailure failure = SendFailures.classify(exception, whileSending);
        if (failure.kind() == Kind.BROKEN) {
            return broken(failure, whileSending);
        }
        boolean comesLater = failure.kind() == Kind.DENIED || failure.kind() == Kind.NOT_SENT;
        if (comesLater && !whileSending && flow.underWay() > 0) {
            // Those behind it may be written, and it would come after them.
            TopicLostException lost =
                    new TopicLostException(Set.of(flow.topic), SendFailures.text(exception), exception);
            return broken(new SendFailure(Kind.BROKEN, lost), false);
        }
        return failure;
    }

    private synchronized SendFailure broken(SendFailure failure, boolean whileSending) {
        if (over) {
            Exception known = reason;
            return known == null ? failure : new SendFailure(Kind.BROKEN, known);
        }
        if (!ending && !Outages.isOutage(failure.cause()) && restarts.exhausted()) {
            return new SendFailure(
                    Kind.REFUSED,
                    new KafkaException(
                            Restarts.MOST
                                    + " producers in a row have failed without a record in between, the last one by: "
                                    + SendFailures.text(failure.cause()),
                            failure.cause()));
        }
        stopTaking(failure.cause());
        if (!whileSending) {
            // By Kafka's own thread, and so before that writes the next record.
            producer.close(Duration.ZERO);
        }
        return failure;
    }
}
