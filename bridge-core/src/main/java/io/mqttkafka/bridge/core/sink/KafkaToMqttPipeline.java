package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.RecordHandler;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.EncodedPublish;
import io.mqttkafka.bridge.core.mqtt.wire.PropertyWriter;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.route.DeadLetters;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.HopLimitException;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.MqttTopicName;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import io.mqttkafka.bridge.spi.LastAction.Skip;
import io.mqttkafka.bridge.spi.WhenUnheard;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a record from Kafka to MQTT, on one route: decode, filter, map, encode, publish; then taken over by the MQTT
 * broker, or failed and dealt with.
 *
 * <p>Everything but the outcomes is done by the thread that reads the route's records. A record that cannot go on is held,
 * and no more are taken until it is dealt with, so that order is kept; those that were published before it had failed are on
 * their way already.
 */
final class KafkaToMqttPipeline implements RecordHandler {
    private static final Logger log = LoggerFactory.getLogger(KafkaToMqttPipeline.class);
    private static final Duration PAUSE_WHILE_KAFKA_IS_AWAY = Duration.ofSeconds(1);

    /** What the pipeline asks of the connection that it publishes on, and tells it. Thread-safe. */
    interface Connection {
        /** Returns the largest packet that the MQTT broker takes, in bytes. */
        long maximumPacketSize();

        /** Says whether the connection is up. */
        boolean isUp();

        /** Hurries what waits to be written. */
        void flush();

        /** The route has to stop, because of a record or, if null, of Kafka. */
        void stop(SinkRoute route, @Nullable String origin, Throwable cause);

        /** Says whether other routes publish on the connection. */
        boolean othersRun(SinkRoute route);

        /** A record has come back from the broker or Kafka: the reading thread should look. */
        void wake(SinkRoute route);
    }

    private final SinkRoute route;
    private final PublishSession session;

    /** Where the route publishes if it does so exactly once; else null. */
    private final @Nullable Outbox outbox;

    private final RecordIds ids;
    private final @Nullable RecordSender deadLetters;
    private final Connection connection;
    private final UserPropertyLimit userProperties;
    private final BridgeEvents events;
    private final BridgeClock clock;

    /** Records that could not go on, oldest first. For the reading thread. */
    private final PriorityQueue<RoutedRecord> held = new PriorityQueue<>();

    /** Whether a record that has failed is held. */
    private volatile boolean holding;

    /** Records that came back from another thread; no more than are in flight. */
    private final Queue<RoutedRecord> returned = new ConcurrentLinkedQueue<>();

    /** The record that goes alone to find out whether somebody subscribes by now; null if none does. For the reading thread. */
    private @Nullable RoutedRecord probe;

    private long order;
    private volatile boolean deadLettersBroken;

    /** When to try next to mend them, by the clock. For the reading thread. */
    private long mendNanos;

    KafkaToMqttPipeline(
            SinkRoute route,
            PublishSession session,
            @Nullable Outbox outbox,
            @Nullable RecordSender deadLetters,
            Connection connection,
            UserPropertyLimit userProperties,
            BridgeEvents events,
            BridgeClock clock) {
        this.route = route;
        this.session = session;
        this.outbox = outbox;
        ids = new RecordIds(route.group);
        this.deadLetters = deadLetters;
        this.connection = connection;
        this.userProperties = userProperties;
        this.events = events;
        this.clock = clock;
        mendNanos = clock.nanos();
    }

    @Override
    public void take(KafkaMessage message, @Nullable String excess, OffsetLedger.Entry entry) {
        route.counters.received.increment();
        RecordId record = outbox == null ? null : ids.of(message);
        RoutedRecord attempt = new RoutedRecord(this, message, excess, record, entry, order++, clock.nanos());
        if (outbox == null || record == null) {
            advance(attempt);
            return;
        }
        // Before it is asked: the answer may come at once.
        attempt.out = true;
        entry.sent();
        switch (outbox.recall(record, attempt)) {
            case DONE -> delivered(attempt);
            case ON_ITS_WAY -> log.debug("{} is on its way since before", message.origin());
            case UNKNOWN, ASSIGNED -> {
                attempt.out = false;
                entry.returned();
                advance(attempt);
            }
        }
    }

    @Override
    public void unreadable(KafkaMessage message, OffsetLedger.Entry entry, DeliveryException cause) {
        route.counters.received.increment();
        RoutedRecord attempt = new RoutedRecord(this, message, null, null, entry, order++, clock.nanos());
        hold(attempt, new Failure(Failure.Kind.FINAL, cause));
    }

    /** The record is done without being published. */
    private void settle(RoutedRecord attempt) {
        if (outbox != null && attempt.record != null) {
            outbox.disown(attempt.record);
        }
        attempt.entry.settle();
    }

    /** Makes a message of the record and publishes it. */
    private void advance(RoutedRecord attempt) {
        Outgoing outgoing = attempt.outgoing;
        if (outgoing == null) {
            try {
                if (attempt.excess != null) {
                    hold(attempt, new Failure(Failure.Kind.FINAL, new DeliveryException(attempt.excess)));
                    return;
                }
                outgoing = outgoing(attempt);
            } catch (Exception | Error e) {
                hold(attempt, Failure.thrown(e));
                return;
            }
            if (outgoing == null) {
                settle(attempt);
                return;
            }
        }
        if (outgoing.expired(clock.millis())) {
            route.counters.expired.increment();
            settle(attempt);
            return;
        }
        if (outgoing.packet.size() > connection.maximumPacketSize()) {
            attempt.outgoing = null;
            hold(attempt, new Failure(Failure.Kind.FINAL, tooLarge(outgoing.packet.size())));
            return;
        }
        attempt.outgoing = outgoing;
        attempt.entry.sent();
        attempt.out = true;
        if (publish(attempt, outgoing)) {
            attempt.outgoing = null;
        } else {
            attempt.out = false;
            attempt.entry.returned();
            held.add(attempt);
        }
    }

    private boolean publish(RoutedRecord attempt, Outgoing outgoing) {
        RecordId record = attempt.record;
        return (outbox == null || record == null)
                ? session.publish(outgoing, System.nanoTime())
                : outbox.publish(outgoing, record, System.nanoTime());
    }

    /** Makes the message; null if a filter refuses the record, or it would go back to where it came from. */
    private @Nullable Outgoing outgoing(RoutedRecord attempt) {
        SinkTransformation transformation = new SinkTransformation(route, attempt.message);
        if (!transformation.decode()) {
            route.counters.filtered.increment();
            return null;
        }
        transformation.encode();
        String own = route.ownTopics.problem(transformation.requireMqttTopic());
        if (own != null) {
            throw new MappingException(own);
        }
        byte[] topic = MqttTopicName.checked("toMqtt", transformation.requireMqttTopic(), route.allowDollar);
        int qos = route.qos.level();
        byte[] marker = route.guard.isOn() ? route.guard.toMqtt(attempt.message, topic) : null;
        if (route.guard.isOn() && marker == null) {
            route.counters.looped.increment();
            events.looped(route.name(), attempt.message.origin());
            return null;
        }
        List<Header> headers = transformation.headers();
        attempt.retained = transformation.tombstone() || route.retains(headers);
        if (transformation.tombstone()) {
            EncodedPublish clearing = EncodedPublish.of(
                    topic, qos, true, PublishProperties.marked(route, marker), transformation.payload());
            return new Outgoing(this, attempt, qos, clearing, Outgoing.never());
        }
        PropertyWriter properties = PublishProperties.of(route, attempt.message, headers, userProperties, marker);
        EncodedPublish packet = EncodedPublish.of(topic, qos, attempt.retained, properties, transformation.payload());
        return new Outgoing(this, attempt, qos, packet, PublishProperties.deadlineMillis(headers));
    }

    private DeliveryException tooLarge(int size) {
        return new DeliveryException("the message has " + size + " bytes, but the MQTT broker takes "
                + connection.maximumPacketSize() + " at most (its maximum packet size)");
    }

    /** Says whether a record is done with once the MQTT broker has said this of its message. */
    boolean isDone(RoutedRecord attempt, int reasonCode) {
        return !isUnheard(attempt, reasonCode) || route.noSubscribers instanceof WhenUnheard.Accept;
    }

    private static boolean isUnheard(RoutedRecord attempt, int reasonCode) {
        return reasonCode == ReasonCodes.NO_MATCHING_SUBSCRIBERS && !attempt.retained;
    }

    /** The MQTT broker has taken the message over. Called by a thread of the connection. */
    void accepted(RoutedRecord attempt, int reasonCode) {
        if (isUnheard(attempt, reasonCode)) {
            unheard(attempt);
        } else {
            delivered(attempt);
        }
    }

    /** The record has to be published again, through no fault of its own. */
    void again(RoutedRecord attempt) {
        attempt.entry.returned();
        returned.add(attempt);
        attempt.out = false;
        connection.wake(route);
    }

    void delivered(RoutedRecord attempt) {
        route.counters.delivered.increment();
        if (route.errors.standing() && (attempt.failures > 0 || attempt.unheard > 0 || !holding)) {
            route.errors.over();
        }
        attempt.entry.settle();
        attempt.out = false;
        if (attempt.unheard > 0) {
            connection.wake(route);
        }
    }

    /** The MQTT broker has taken the message over and thrown it away. */
    private void unheard(RoutedRecord attempt) {
        route.counters.unheard.increment();
        if (route.noSubscribers instanceof WhenUnheard.Accept) {
            events.unheard(route.name(), attempt.message.origin());
            delivered(attempt);
            return;
        }
        DeliveryException cause = new DeliveryException("the MQTT broker threw the message away: "
                + ReasonCodes.text(ReasonCodes.NO_MATCHING_SUBSCRIBERS) + "; see noSubscribers(..)");
        boolean waits = route.noSubscribers instanceof WhenUnheard.Await;
        giveBack(attempt, new Failure(waits ? Failure.Kind.UNHEARD : Failure.Kind.RETRYABLE, cause));
    }

    /** The MQTT broker has refused the message. Called by a thread of the connection. */
    void refused(RoutedRecord attempt, int reasonCode) {
        DeliveryException cause =
                new DeliveryException("the MQTT broker refused the message: " + ReasonCodes.text(reasonCode));
        boolean isFinal = ReasonCodes.ofAcknowledgement(reasonCode) == ReasonCodes.Meaning.MESSAGE;
        giveBack(attempt, new Failure(isFinal ? Failure.Kind.FINAL : Failure.Kind.RETRYABLE, cause));
    }

    /** Connections end when the message is sent. Called by the thread that connects. */
    void givenUp(RoutedRecord attempt, String why) {
        giveBack(attempt, new Failure(Failure.Kind.FINAL, new DeliveryException(why)));
    }

    private void giveBack(RoutedRecord attempt, Failure failure) {
        attempt.failure = failure;
        attempt.entry.returned();
        returned.add(attempt);
        // Not sooner: who sees it must find the record returned.
        attempt.out = false;
        connection.wake(route);
    }

    // What could not go on.

    private void hold(RoutedRecord attempt, Failure failure) {
        attempt.failure = failure;
        held.add(attempt);
    }

    @Override
    public boolean ready() {
        boolean probing = probing();
        RoutedRecord back;
        while ((back = returned.poll()) != null) {
            held.add(back);
        }
        mendDeadLetters();
        if (probing) {
            return false;
        }
        RoutedRecord first;
        while ((first = held.peek()) != null) {
            if (!first.entry.abandoned() && first.dueNanos - clock.nanos() > 0) {
                return false;
            }
            held.remove();
            if (!first.entry.abandoned()) {
                proceed(first);
            }
            if (held.peek() == first && first.failure == null) {
                // There is no room for it.
                proceedUrgent();
                return false;
            }
            if (probing()) {
                return false;
            }
        }
        holding = false;
        return connection.isUp();
    }

    /** Goes on with what an earlier process had sent: it must not wait for what has no room. */
    private void proceedUrgent() {
        for (Partition partition : urgent()) {
            RoutedRecord first = firstHeld(partition);
            if (first != null && first.failure == null && first.dueNanos - clock.nanos() <= 0) {
                held.remove(first);
                proceed(first);
            }
        }
    }

    /** The oldest record of a partition that could not go on; null if there is none. */
    private @Nullable RoutedRecord firstHeld(Partition partition) {
        RoutedRecord first = null;
        for (RoutedRecord one : held) {
            RecordId record = one.record;
            if (record != null
                    && record.partition().equals(partition)
                    && !one.entry.abandoned()
                    && (first == null || one.compareTo(first) < 0)) {
                first = one;
            }
        }
        return first;
    }

    @Override
    public Collection<Partition> urgent() {
        if (outbox == null) {
            return List.of();
        }
        Collection<Partition> all = outbox.unresolved();
        return all.isEmpty() ? all : all.stream().filter(route::reads).toList();
    }

    @Override
    public boolean readyFor(Partition partition) {
        return connection.isUp() && firstHeld(partition) == null;
    }

    @Override
    public boolean passed(Partition partition, long offset) {
        return outbox != null && outbox.passed(partition, offset);
    }

    @Override
    public boolean ended(Partition partition, long end) {
        return outbox != null && outbox.ended(partition, end);
    }

    @Override
    public void committed(String topic, int partition, long offset) {
        if (outbox != null) {
            outbox.offsetCommitted(new Partition(route.group, topic, partition), offset);
        }
    }

    @Override
    public void revoked(String topic, int partition) {
        if (outbox == null) {
            return;
        }
        Partition gone = new Partition(route.group, topic, partition);
        outbox.revoked(gone);
        if (route.stopped() && connection.othersRun(route) && outbox.passed(gone, Long.MAX_VALUE)) {
            log.warn(
                    "Route '{}' has stopped before the records came again whose messages were on their way when the bridge died;"
                            + " the packet ids of those of '{}-{}' are given up, so that other routes go on: the messages can"
                            + " be repeated when the route runs again",
                    route.name(),
                    topic,
                    partition);
        }
    }

    /** Says whether the outcome of a probe is open; one that was heard sets the others free that nobody had heard. */
    private boolean probing() {
        RoutedRecord one = probe;
        if (one == null) {
            return false;
        }
        if (one.out && !one.entry.abandoned()) {
            return true;
        }
        probe = null;
        if (one.failure == null && one.outgoing == null) {
            for (RoutedRecord other : held) {
                Failure failure = other.failure;
                if (failure != null && failure.kind() == Failure.Kind.UNHEARD) {
                    other.failure = null;
                }
            }
        }
        return false;
    }

    private void mendDeadLetters() {
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

    private void proceed(RoutedRecord attempt) {
        Failure failure = attempt.failure;
        attempt.failure = null;
        Throwable givenUp = attempt.givenUp;
        if (givenUp != null) {
            giveUp(attempt, givenUp, failure);
        } else if (failure == null) {
            if (attempt.unheard > 0) {
                probe = attempt;
            }
            advance(attempt);
        } else if (failure.kind() == Failure.Kind.UNHEARD && route.noSubscribers instanceof WhenUnheard.Await wait) {
            awaitSubscriber(attempt, failure.cause(), wait.backoff());
        } else {
            retryOrGiveUp(attempt, failure);
        }
    }

    private void retryOrGiveUp(RoutedRecord attempt, Failure failure) {
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
            route.counters.retries.increment();
            // Made now: when the listeners are told, the next attempt may have failed already.
            Retry retry = new Retry(route.name(), attempt.message.origin(), attempt.failures, delay, failure.cause());
            // Before it is told: who hears of it can move the clock.
            holdFor(attempt, delay);
            events.retried(attempt.weight(), retry, () -> SafeText.withFrames(retry.cause()));
        } else {
            attempt.givenUp = failure.cause();
            giveUp(attempt, failure.cause(), null);
        }
    }

    private void awaitSubscriber(RoutedRecord attempt, Throwable cause, Backoff backoff) {
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
        route.counters.retries.increment();
        holdFor(attempt, delay);
        Retry retry = new Retry(route.name(), attempt.message.origin(), times, delay, cause);
        events.tell(listener -> listener.onRetry(retry));
    }

    private void holdFor(RoutedRecord attempt, Duration delay) {
        holding = true;
        attempt.dueNanos = clock.nanos() + delay.toNanos();
        held.add(attempt);
        clock.remind(attempt.dueNanos, () -> connection.wake(route));
    }

    private void giveUp(RoutedRecord attempt, Throwable cause, @Nullable Failure failure) {
        LastAction action = route.failurePolicy.lastAction();
        if (action instanceof DeadLetter deadLetter && deadLetters != null) {
            deadLetter(attempt, deadLetters, deadLetter.topic(), cause, failure);
        } else if (action instanceof Skip) {
            route.counters.skipped.increment();
            events.skipped(
                    attempt.weight(),
                    new Skipped(route.name(), attempt.message.origin(), cause),
                    () -> SafeText.withFrames(cause));
            settle(attempt);
        } else if (cause instanceof HopLimitException) {
            // A marker can come from whoever may publish to the MQTT broker of another bridge.
            route.counters.looped.increment();
            events.tooManyHops(route.name(), attempt.message.origin(), SafeText.of(cause));
            settle(attempt);
        } else {
            stop(attempt, cause);
        }
    }

    private void stop(RoutedRecord attempt, Throwable cause) {
        holdFor(attempt, Duration.ofDays(1));
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
                holdFor(attempt, PAUSE_WHILE_KAFKA_IS_AWAY);
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
            route.counters.deadLettered.increment();
            boolean cut = attempt.letter != null && attempt.letter.isCut();
            events.deadLettered(
                    attempt.weight(),
                    new DeadLettered(route.name(), attempt.message.origin(), topic, cause),
                    () -> DeadLetters.why(cause, cut));
            settle(attempt);
        }

        @Override
        protected void unconfirmed(SendFailure failure) {
            if (failure.kind() == SendFailure.Kind.BROKEN) {
                // Perhaps it was written: a second dead letter is better than none.
                deadLettersBroken = true;
                giveBack(attempt, new Failure(Failure.Kind.TOPIC_UNKNOWN, failure.cause()));
            } else {
                giveBack(attempt, Failure.of(failure));
            }
        }
    }

    // What the source has to say.

    @Override
    public void flush() {
        connection.flush();
    }

    @Override
    public boolean settling() {
        return connection.isUp();
    }

    @Override
    public void committed(long records) {
        route.counters.acknowledged.add(records);
    }

    @Override
    public void troubled(Exception cause) {
        route.lastError(cause);
    }

    @Override
    public void failed(Throwable cause) {
        route.lastError(cause);
        connection.stop(route, null, cause);
    }
}
