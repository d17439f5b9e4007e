package io.mqttkafka.bridge.core.kafka;

import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** A record on its way to Kafka; its owner extends this to hear of the outcome. */
public abstract class PendingRecord implements Callback {
    /** The thread that is sending it: an outcome told by that thread is one of the sending itself. */
    private @Nullable Thread sender;

    private TopicWaits.@Nullable Topic topic;

    /** Makes a record that is not sent. */
    protected PendingRecord() {}

    /** The record is confirmed by every in-sync replica. Called by a thread of Kafka's client: be quick, never block. */
    protected abstract void confirmed();

    /**
     * The record is not confirmed. Called by the sending thread or one of Kafka's client: be quick, never block.
     *
     * @param failure why
     */
    protected abstract void unconfirmed(SendFailure failure);

    /** Tells that the transaction of this record is committed. */
    public final void committed() {
        confirmed();
    }

    /**
     * Tells that the transaction of this record was aborted because of it.
     *
     * @param failure why it cannot be written as it is
     */
    public final void refused(SendFailure failure) {
        unconfirmed(failure);
    }

    /**
     * Tells that the transaction of this record was given up, whatever became of it.
     *
     * @param cause why
     */
    public final void abandoned(Exception cause) {
        unconfirmed(new SendFailure(SendFailure.Kind.BROKEN, cause));
    }

    final void sending(TopicWaits.Topic to) {
        sender = Thread.currentThread();
        topic = to;
        to.sending();
    }

    /** Kafka's client could not take it. */
    final void notSent(Exception exception) {
        onCompletion(null, exception);
    }

    @Override
    public final void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        if (topic != null) {
            topic.done();
        }
        if (exception == null) {
            confirmed();
        } else {
            unconfirmed(SendFailures.classify(exception, Thread.currentThread() == sender));
        }
    }
}
