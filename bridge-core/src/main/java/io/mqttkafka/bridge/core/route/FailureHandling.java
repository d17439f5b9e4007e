package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import io.mqttkafka.bridge.spi.LastAction.Skip;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.MessageObserver.Scope;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a message that has failed, in whichever direction it goes: by the policy of its route it is tried again,
 * written to the dead letter topic, skipped, or the end of its route.
 *
 * <p>For the thread that works on what could not go on; only the outcome of a dead letter comes from a thread of Kafka's client.
 *
 * @param <M> a message on one route
 */
public final class FailureHandling<M extends FailureHandling.Failed> {

    /** A message that has failed on its route. */
    public interface Failed {
        /** Returns the name of its route. */
        String routeName();

        /** Returns the policy of its route. */
        FailurePolicy failurePolicy();

        /** Returns what counts the outcomes of its route. */
        RouteMeter meter();

        /** Says where it comes from, for events and logs. */
        String origin();

        /** Says how many bytes an event that holds it keeps alive. */
        long weight();

        /** Says whether it stays while it waits: a message that nobody waits for is not tried again. */
        boolean canWait();

        /** Remembers that it has failed, and why; it has now failed so often. */
        int countFailure(Throwable cause);

        /** Remembers that it is not tried again. */
        void giveUp(Throwable cause);

        /** Returns the dead letter that was sent last; null if there was none. */
        @Nullable
        Letter letter();

        /** Makes its dead letter, which has so much room, and remembers it. */
        Letter makeLetter(Throwable cause, int room);

        /** Its observer hears what became of it. */
        void ended(Outcome outcome);

        /** Makes it the current message of the thread; null if there is nothing to close. */
        @Nullable
        Scope entered();
    }

    /** What the two directions do in their own way. */
    public interface Direction<M> {
        /** Works on the message again after a pause. */
        void pause(M message, Duration delay);

        /** The route is done with the message. */
        void finish(M message);

        /** The route stops, since nothing can become of the message. */
        void stop(M message, Throwable cause);

        /** Nothing can become of the message: the route stops, or does without a message that nobody waits for. */
        void abandon(M message, Throwable cause);

        /** Writes the dead letter of a message to Kafka. */
        void send(M message, String topic, Letter letter, PendingRecord pending);

        /** A dead letter was not written. Called by the sending thread or one of Kafka's client. */
        void unsent(M message, String topic, SendFailure failure);

        /** Says how large a record may be, in bytes. */
        int largestRecord();

        /**
         * Finds out about the dead letter topic.
         *
         * @return null if that takes a while: the message comes again, with the same failure
         */
        @Nullable
        TopicResolution resolve(M message, String topic, Failure failure);

        /** Works on the message again, with the same failure, when Kafka may answer about the topic. */
        void awaitKafka(M message, String topic, Failure failure);
    }

    private final Direction<M> direction;
    private final BridgeEvents events;

    /**
     * @param direction does what differs
     * @param events hears what became of messages
     */
    public FailureHandling(Direction<M> direction, BridgeEvents events) {
        this.direction = direction;
        this.events = events;
    }

    /** Handles a message that has just failed. */
    public void failed(M message, Failure failure) {
        FailurePolicy policy = message.failurePolicy();
        Throwable cause = failure.cause();
        int failures = message.countFailure(cause);
        if (failure.kind() == Failure.Kind.PROGRAM) {
            direction.stop(message, cause);
            return;
        }
        Backoff backoff = policy.backoff();
        boolean again = failure.kind() == Failure.Kind.RETRYABLE && message.canWait() && failures <= policy.retries();
        if (again && backoff != null) {
            Duration delay = backoff.delay(failures, ThreadLocalRandom.current().nextDouble());
            message.meter().retried();
            // Made now: when the listeners are told, the next attempt may have failed already.
            Retry retry = new Retry(message.routeName(), message.origin(), failures, delay, cause);
            // Before it is told: who hears of it can move the clock.
            direction.pause(message, delay);
            events.retried(message.weight(), retry, () -> SafeText.withFrames(cause));
        } else {
            message.giveUp(cause);
            giveUp(message, cause, null);
        }
    }

    /**
     * Goes on with a message that is not tried again.
     *
     * @param cause why it is not
     * @param failure what its dead letter failed with; null if it has none yet
     */
    public void giveUp(M message, Throwable cause, @Nullable Failure failure) {
        LastAction action = message.failurePolicy().lastAction();
        if (action instanceof DeadLetter deadLetter) {
            deadLetter(message, deadLetter.topic(), cause, failure);
        } else if (action instanceof Skip) {
            message.meter().skipped();
            message.ended(Outcome.SKIPPED);
            events.skipped(
                    message.weight(),
                    new Skipped(message.routeName(), message.origin(), cause),
                    () -> SafeText.withFrames(cause));
            direction.finish(message);
        } else if (cause instanceof HopLimitException) {
            // Whoever may publish can claim any number of hops: that must cost his message alone.
            message.meter().looped();
            message.ended(Outcome.LOOPED);
            events.tooManyHops(message.routeName(), message.origin(), SafeText.of(cause));
            direction.finish(message);
        } else {
            direction.abandon(message, cause);
        }
    }

    private void deadLetter(M message, String topic, Throwable cause, @Nullable Failure failure) {
        Letter last = message.letter();
        if (failure == null) {
            send(message, topic, cause, last != null ? last : message.makeLetter(cause, Integer.MAX_VALUE));
            return;
        }
        switch (failure.kind()) {
            case TOPIC_UNKNOWN -> {
                TopicResolution found = direction.resolve(message, topic, failure);
                if (found != null) {
                    goOn(message, topic, cause, found);
                }
            }
            case TOO_LARGE -> {
                int room = last == null ? 0 : last.smallerRoom(direction.largestRecord());
                if (room > 0) {
                    send(message, topic, cause, message.makeLetter(cause, room));
                } else {
                    undeliverable(message, topic, cause, failure.cause());
                }
            }
            default -> undeliverable(message, topic, cause, failure.cause());
        }
    }

    private void goOn(M message, String topic, Throwable cause, TopicResolution found) {
        switch (found.state()) {
            case READY -> deadLetter(message, topic, cause, null);
            case UNREACHABLE ->
                direction.awaitKafka(
                        message, topic, new Failure(Failure.Kind.TOPIC_UNKNOWN, found.notReady("toKafka", topic)));
            default -> undeliverable(message, topic, cause, found.notReady("toKafka", topic));
        }
    }

    private void undeliverable(M message, String topic, Throwable cause, Throwable why) {
        direction.abandon(
                message,
                new DeliveryException(
                        "onFailure.deadLetter: '" + topic + "' cannot be written to: " + SafeText.of(why), cause));
    }

    private void send(M message, String topic, Throwable cause, Letter letter) {
        direction.send(message, topic, letter, new DeadLetterRecord(message, topic, cause, letter.isCut()));
    }

    /** A dead letter on its way to Kafka. */
    private final class DeadLetterRecord extends PendingRecord {
        private final M message;
        private final String topic;
        private final Throwable cause;
        private final boolean cut;

        DeadLetterRecord(M message, String topic, Throwable cause, boolean cut) {
            this.message = message;
            this.topic = topic;
            this.cause = cause;
            this.cut = cut;
        }

        @Override
        protected @Nullable Scope enter() {
            return message.entered();
        }

        @Override
        protected void confirmed() {
            message.meter().deadLettered();
            message.ended(Outcome.DEAD_LETTERED);
            events.deadLettered(
                    message.weight(),
                    new DeadLettered(message.routeName(), message.origin(), topic, cause),
                    () -> DeadLetters.why(cause, cut));
            direction.finish(message);
        }

        @Override
        protected void unconfirmed(SendFailure failure) {
            direction.unsent(message, topic, failure);
        }
    }
}
