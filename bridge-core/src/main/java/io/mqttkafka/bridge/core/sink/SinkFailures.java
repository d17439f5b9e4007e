package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.route.DeadLetters;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.HopLimitException;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import io.mqttkafka.bridge.spi.LastAction.Skip;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the records of one route that have failed: tried again, waited for a subscriber, written to the dead letter
 * topic, skipped, or the end of the route. For the thread that reads the route's records.
 */
final class SinkFailures {
    private static final Logger log = LoggerFactory.getLogger(SinkFailures.class);
    private static final Duration PAUSE_WHILE_KAFKA_IS_AWAY = Duration.ofSeconds(1);

    private final SinkRoute route;
    private final @Nullable RecordSender deadLetters;
    private final KafkaToMqttPipeline.Connection connection;
    private final HeldRecords held;

    /** A record is done without being published. */
    private final Consumer<RoutedRecord> settle;

    private final BridgeEvents events;
    private final BridgeClock clock;

    private volatile boolean deadLettersBroken;

    /** When to try next to mend them, by the clock. */
    private long mendNanos;

    SinkFailures(
            SinkRoute route,
            @Nullable RecordSender deadLetters,
            KafkaToMqttPipeline.Connection connection,
            HeldRecords held,
            Consumer<RoutedRecord> settle,
            BridgeEvents events,
            BridgeClock clock) {
        this.route = route;
        this.deadLetters = deadLetters;
        this.connection = connection;
        this.held = held;
        this.settle = settle;
        this.events = events;
        this.clock = clock;
        mendNanos = clock.nanos();
    }

    void mendDeadLetters() {
        if (!deadLettersBroken || deadLetters == null || clock.nanos() - mendNanos < 0) {
            return;
        }
        try {
            deadLetters.reset();
            // What the old producer gave up has been told by now.
            deadLettersBroken = false;
        } catch (BridgeStartException e) {
            // Its host name is away, say. Dead letters wait meanwhile, as they do while Kafka is away.
            log.warn("Route '{}' cannot make a producer for dead letters: {}", route.name(), e.getMessage());
            route.lastError(e);
            mendNanos = clock.nanos() + PAUSE_WHILE_KAFKA_IS_AWAY.toNanos();
            clock.remind(mendNanos, () -> connection.wake(route));
        }
    }

    void retryOrGiveUp(RoutedRecord attempt, Failure failure) {
        FailurePolicy policy = route.failurePolicy;
        attempt.failures++;
        route.lastError(failure.cause());
        if (failure.kind() == Failure.Kind.PROGRAM) {
            stop(attempt, failure.cause());
            return;
        }
        boolean again = failure.kind() == Failure.Kind.RETRYABLE && attempt.failures <= policy.retries();
        if (again && policy.backoff() != null) {
            Duration delay = policy.backoff()
                    .delay(attempt.failures, ThreadLocalRandom.current().nextDouble());
            route.meter.retried();
            // Made now: when the listeners are told, the next attempt may have failed already.
            Retry retry = new Retry(route.name(), attempt.message.origin(), attempt.failures, delay, failure.cause());
            // Before it is told: who hears of it can move the clock.
            held.holdFor(attempt, delay);
            events.retried(attempt.weight(), retry, () -> SafeText.withFrames(retry.cause()));
        } else {
            attempt.givenUp = failure.cause();
            giveUp(attempt, failure.cause(), null);
        }
    }

    void awaitSubscriber(RoutedRecord attempt, Throwable cause, Backoff backoff) {
        int times = attempt.unheard + 1;
        attempt.unheard = times;
        Duration delay = backoff.delay(times, ThreadLocalRandom.current().nextDouble());
        if (times == 1) {
            log.warn(
                    "Route '{}' waits at {} until somebody subscribes: {}",
                    route.name(),
                    attempt.message.origin(),
                    cause.getMessage());
        }
        route.lastError(cause);
        route.meter.retried();
        held.holdFor(attempt, delay);
        Retry retry = new Retry(route.name(), attempt.message.origin(), times, delay, cause);
        events.tell(listener -> listener.onRetry(retry));
    }

    void giveUp(RoutedRecord attempt, Throwable cause, @Nullable Failure failure) {
        LastAction action = route.failurePolicy.lastAction();
        if (action instanceof DeadLetter deadLetter && deadLetters != null) {
            deadLetter(attempt, deadLetters, deadLetter.topic(), cause, failure);
        } else if (action instanceof Skip) {
            route.meter.skipped();
            events.skipped(
                    attempt.weight(),
                    new Skipped(route.name(), attempt.message.origin(), cause),
                    () -> SafeText.withFrames(cause));
            settle.accept(attempt);
        } else if (cause instanceof HopLimitException) {
            // A marker can come from whoever may publish to the MQTT broker of another bridge.
            route.meter.looped();
            events.tooManyHops(route.name(), attempt.message.origin(), SafeText.of(cause));
            settle.accept(attempt);
        } else {
            stop(attempt, cause);
        }
    }

    private void stop(RoutedRecord attempt, Throwable cause) {
        held.holdFor(attempt, Duration.ofDays(1));
        connection.stop(route, attempt.message.origin(), cause);
    }

    private void deadLetter(
            RoutedRecord attempt, RecordSender sink, String topic, Throwable cause, @Nullable Failure failure) {
        Letter last = attempt.letter;
        if (failure != null && failure.kind() == Failure.Kind.TOO_LARGE && last != null) {
            int room = last.smallerRoom(sink.largestRecord());
            if (room > 0) {
                deadLetter(attempt, sink, topic, cause, attempt.deadLetter(route.name(), cause, room));
            } else {
                stop(attempt, undeliverable(topic, failure, cause));
            }
            return;
        }
        if (failure != null) {
            TopicResolution resolution = sink.resolve(topic);
            if (resolution.state() == TopicResolution.State.UNREACHABLE) {
                route.lastError(failure.cause());
                held.holdFor(attempt, PAUSE_WHILE_KAFKA_IS_AWAY);
                attempt.failure = failure;
                return;
            }
            if (resolution.state() != TopicResolution.State.READY || failure.kind() != Failure.Kind.TOPIC_UNKNOWN) {
                stop(attempt, undeliverable(topic, failure, cause));
                return;
            }
        }
        Letter letter = last != null ? last : attempt.deadLetter(route.name(), cause, Integer.MAX_VALUE);
        deadLetter(attempt, sink, topic, cause, letter);
    }

    private void deadLetter(RoutedRecord attempt, RecordSender sink, String topic, Throwable cause, Letter letter) {
        attempt.letter = letter;
        attempt.entry.sent();
        sink.send(
                topic,
                null,
                letter.key(),
                letter.value(),
                letter.headers(),
                new DeadLetterRecord(attempt, topic, cause));
    }

    private static DeliveryException undeliverable(String topic, Failure failure, Throwable cause) {
        return new DeliveryException(
                "onFailure.deadLetter: '" + topic + "' cannot be written to: " + SafeText.of(failure.cause()), cause);
    }

    /** A dead letter on its way to Kafka. */
    private final class DeadLetterRecord extends PendingRecord {
        private final RoutedRecord attempt;
        private final String topic;
        private final Throwable cause;

        DeadLetterRecord(RoutedRecord attempt, String topic, Throwable cause) {
            this.attempt = attempt;
            this.topic = topic;
            this.cause = cause;
        }

        @Override
        protected void confirmed() {
            route.meter.deadLettered();
            boolean cut = attempt.letter != null && attempt.letter.isCut();
            events.deadLettered(
                    attempt.weight(),
                    new DeadLettered(route.name(), attempt.message.origin(), topic, cause),
                    () -> DeadLetters.why(cause, cut));
            settle.accept(attempt);
        }

        @Override
        protected void unconfirmed(SendFailure failure) {
            if (failure.kind() == SendFailure.Kind.BROKEN) {
                // Perhaps it was written: a second dead letter is better than none.
                deadLettersBroken = true;
                held.giveBack(attempt, new Failure(Failure.Kind.TOPIC_UNKNOWN, failure.cause()));
            } else {
                held.giveBack(attempt, Failure.of(failure));
            }
        }
    }
}
