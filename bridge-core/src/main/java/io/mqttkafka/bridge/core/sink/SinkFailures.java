package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.FailureHandling;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.failure.Backoff;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the records of one route that have failed: tried again, waited for a subscriber, written to the dead letter
 * topic, skipped, or the end of the route. For the thread that reads the route's records.
 */
final class SinkFailures implements FailureHandling.Direction<RoutedRecord> {
    private static final Logger log = LoggerFactory.getLogger(SinkFailures.class);
    private static final Duration PAUSE_WHILE_KAFKA_IS_AWAY = Duration.ofSeconds(1);

    private final SinkRoute route;
    private final @Nullable RecordSender deadLetters;
    private final KafkaToMqttPipeline.Connection connection;
    private final HeldRecords held;

    /** A record is done without being published. */
    private final Consumer<RoutedRecord> settle;

    private final BridgeEvents events;
    private final FailureHandling<RoutedRecord> handling;
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
        handling = new FailureHandling<>(this, events);
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

    /** Handles a record that has just failed. */
    void failed(RoutedRecord attempt, Failure failure) {
        handling.failed(attempt, failure);
    }

    /** Goes on with a record that is not tried again. */
    void giveUp(RoutedRecord attempt, Throwable cause, @Nullable Failure failure) {
        handling.giveUp(attempt, cause, failure);
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

    @Override
    public void pause(RoutedRecord attempt, Duration delay) {
        held.holdFor(attempt, delay);
    }

    @Override
    public void finish(RoutedRecord attempt) {
        settle.accept(attempt);
    }

    @Override
    public void stop(RoutedRecord attempt, Throwable cause) {
        held.holdFor(attempt, Duration.ofDays(1));
        connection.stop(route, attempt.message.origin(), cause);
    }

    @Override
    public void abandon(RoutedRecord attempt, Throwable cause) {
        stop(attempt, cause);
    }

    @Override
    public void send(RoutedRecord attempt, String topic, Letter letter, PendingRecord pending) {
        attempt.entry.sent();
        writer().send(topic, null, letter.key(), letter.value(), letter.headers(), pending);
    }

    @Override
    public void unsent(RoutedRecord attempt, String topic, SendFailure failure) {
        if (failure.kind() == SendFailure.Kind.BROKEN) {
            // Perhaps it was written: a second dead letter is better than none.
            deadLettersBroken = true;
            held.giveBack(attempt, new Failure(Failure.Kind.TOPIC_UNKNOWN, failure.cause()));
        } else {
            held.giveBack(attempt, Failure.of(failure));
        }
    }

    @Override
    public int largestRecord() {
        return writer().largestRecord();
    }

    @Override
    public TopicResolution resolve(RoutedRecord attempt, String topic, Failure failure) {
        return writer().resolve(topic);
    }

    @Override
    public void awaitKafka(RoutedRecord attempt, String topic, Failure failure) {
        route.lastError(failure.cause());
        attempt.failure = failure;
        held.holdFor(attempt, PAUSE_WHILE_KAFKA_IS_AWAY);
    }

    private RecordSender writer() {
        return Objects.requireNonNull(deadLetters, "a route with a dead letter topic has one to write it");
    }
}
