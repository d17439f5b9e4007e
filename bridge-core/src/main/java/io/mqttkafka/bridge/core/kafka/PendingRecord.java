package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.spi.MessageObserver;
import java.util.Objects;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** A record on its way to Kafka; its owner extends this to hear of the outcome. */
public abstract class PendingRecord implements Callback {
    /** Stands for any producer. */
    protected static final int ANY = -1;

    /** The only producer that may send it, counted by the sink, or {@link #ANY}. */
    private volatile int generation;

    /** The thread that is sending it: an outcome told by that thread is one of the sending itself. */
    private @Nullable Thread sender;

    private @Nullable ProducerLife life;
    private @Nullable TopicFlow flow;

    /** Makes a record that is not sent, and that any producer may send. */
    protected PendingRecord() {
        this(ANY);
    }

    /**
     * Makes a record that is not sent. It keeps its place among others of the same generation: none of it is written by a later
     * producer, which is given all of them anew.
     *
     * @param generation of {@link RecordSender#generation} when its message was received
     */
    protected PendingRecord(int generation) {
        this.generation = generation;
    }

    /**
     * Lets another producer send it: its message does not come again.
     *
     * @param another the generation
     */
    public final void keepFor(int another) {
        if (generation != ANY) {
            generation = another;
        }
    }

    /** The record is confirmed by every in-sync replica. Called by a thread of Kafka's client: be quick, never block. */
    protected abstract void confirmed();

    /**
     * The record is not confirmed. Called by the sending thread or one of Kafka's client: be quick, never block.
     *
     * @param failure why
     */
    protected abstract void unconfirmed(SendFailure failure);

    // For who writes it, but for the producers of this package, which are told by Kafka's client.

    /**
     * Says whether a sender may send it: its message may have been given up since, and come again.
     *
     * @param current of {@link RecordSender#generation}
     * @return whether it may; otherwise it is {@link #abandoned}
     */
    public final boolean isOf(int current) {
        return generation == ANY || generation == current;
    }

    /** Tells that this record is written for good. */
    public final void committed() {
        confirmed();
    }

    /**
     * Tells that this record cannot be written, and that nothing was written in its place.
     *
     * @param failure why it cannot be written as it is
     */
    public final void refused(SendFailure failure) {
        unconfirmed(failure);
    }

    /**
     * Tells that this record was given up, and nobody knows what became of it.
     *
     * @param cause why
     */
    public final void abandoned(Exception cause) {
        unconfirmed(new SendFailure(SendFailure.Kind.BROKEN, cause));
    }

    /**
     * Enters what is to be current while a producer takes the record.
     *
     * @return is closed by the same thread; null if there is nothing to close
     */
    protected MessageObserver.@Nullable Scope enter() {
        return null;
    }

    /**
     * Hands it to a producer.
     *
     * @param producer the producer
     * @param record how it is written
     * @param callback hears of the outcome
     */
    final Future<RecordMetadata> handTo(
            Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record, Callback callback) {
        MessageObserver.Scope scope = enter();
        if (scope == null) {
            return producer.send(record, callback);
        }
        try {
            return producer.send(record, callback);
        } finally {
            scope.close();
        }
    }

    /** Says whether a producer may send it. */
    final boolean isOf(ProducerLife current) {
        return isOf(current.number);
    }

    final void sending(ProducerLife by, TopicFlow among) {
        life = by;
        flow = among;
        sender = Thread.currentThread();
        among.sending();
    }

    /**
     * Tells that it is not sent: its message comes again, as that of a record before it does.
     *
     * @param because what that one failed with
     */
    final void comesAgain(Exception because) {
        unconfirmed(new SendFailure(SendFailure.Kind.BROKEN, because));
    }

    /** Tells the outcome of a sending that has failed by what the producer threw. */
    final void thrown(Exception exception) {
        tell(exception, true);
    }

    private void tell(@Nullable Exception exception, boolean whileSending) {
        ProducerLife by = Objects.requireNonNull(life);
        TopicFlow among = Objects.requireNonNull(flow);
        among.told();
        if (exception == null) {
            by.confirmed();
            confirmed();
        } else {
            unconfirmed(by.judge(exception, whileSending, among));
        }
    }

    @Override
    public final void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        tell(exception, Thread.currentThread() == sender);
    }
}
