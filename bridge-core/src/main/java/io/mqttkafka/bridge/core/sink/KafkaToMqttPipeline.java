package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.kafka.RecordHandler;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.EncodedPublish;
import io.mqttkafka.bridge.core.mqtt.wire.PropertyWriter;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.routing.MqttTopicName;
import io.mqttkafka.bridge.core.session.ExpectedRecords;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.MessageObserver.Scope;
import io.mqttkafka.bridge.spi.WhenUnheard;
import java.util.Collection;
import java.util.List;
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

    final SinkRoute route;
    private final PublishSession session;

    /** Where the route publishes if it does so exactly once; else null. */
    private final @Nullable Outbox outbox;

    private final ExpectedRecords expected;

    private final RecordIds ids;
    private final Connection connection;
    private final UserPropertyLimit userProperties;
    private final BridgeEvents events;
    private final BridgeClock clock;

    private final HeldRecords held;
    private final SinkFailures failures;
    private long order;

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
        expected = outbox == null ? ExpectedRecords.NONE : outbox;
        ids = new RecordIds(route.group);
        this.connection = connection;
        this.userProperties = userProperties;
        this.events = events;
        this.clock = clock;
        held = new HeldRecords(route, connection, clock, this::proceed, this::urgent);
        failures = new SinkFailures(route, deadLetters, connection, held, this::settle, events, clock);
    }

    @Override
    public long nanos() {
        return clock.nanos();
    }

    @Override
    public void take(KafkaMessage message, @Nullable String excess, OffsetLedger.Entry entry) {
        route.meter.received();
        RecordId record = outbox == null ? null : ids.of(message);
        RoutedRecord attempt = new RoutedRecord(this, message, excess, record, entry, order++);
        GuardedObserver observer = route.observer;
        if (observer != null) {
            attempt.observation = observer.received(route.name(), message);
        }
        if (record == null) {
            advance(attempt);
            return;
        }
        // Before it is asked: the answer may come at once.
        attempt.out = true;
        entry.sent();
        switch (expected.recall(record, attempt)) {
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
        route.meter.received();
        RoutedRecord attempt = new RoutedRecord(this, message, null, null, entry, order++);
        held.hold(attempt, new Failure(Failure.Kind.FINAL, cause));
    }

    /** The record is done without being published. */
    private void settle(RoutedRecord attempt) {
        if (attempt.record != null) {
            expected.disown(attempt.record);
        }
        attempt.entry.settle();
    }

    /** Makes a message of the record and publishes it. */
    private void advance(RoutedRecord attempt) {
        Outgoing outgoing = attempt.outgoing;
        if (outgoing == null) {
            try {
                if (attempt.excess != null) {
                    held.hold(attempt, new Failure(Failure.Kind.FINAL, new DeliveryException(attempt.excess)));
                    return;
                }
                outgoing = outgoing(attempt);
            } catch (Exception | Error e) {
                held.hold(attempt, Failure.thrown(e));
                return;
            }
            if (outgoing == null) {
                settle(attempt);
                return;
            }
        }
        if (outgoing.expired(clock.millis())) {
            route.meter.expired();
            attempt.ended(Outcome.EXPIRED);
            settle(attempt);
            return;
        }
        if (outgoing.packet.size() > connection.maximumPacketSize()) {
            attempt.outgoing = null;
            held.hold(attempt, new Failure(Failure.Kind.FINAL, tooLarge(outgoing.packet.size())));
            return;
        }
        attempt.outgoing = outgoing;
        attempt.entry.sent();
        attempt.out = true;
        if (attempt.observation == null ? publish(attempt, outgoing) : publishObserved(attempt, outgoing)) {
            attempt.outgoing = null;
        } else {
            attempt.out = false;
            attempt.entry.returned();
            held.hold(attempt);
        }
    }

    private boolean publishObserved(RoutedRecord attempt, Outgoing outgoing) {
        Scope scope = attempt.entered();
        try {
            return publish(attempt, outgoing);
        } finally {
            if (scope != null) {
                scope.close();
            }
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
            route.meter.filtered();
            attempt.ended(Outcome.FILTERED);
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
            route.meter.looped();
            attempt.ended(Outcome.LOOPED);
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
        List<Header> traces = attempt.traces();
        List<Header> others = traces.isEmpty() ? headers : GuardedObserver.without(headers, traces);
        PropertyWriter properties = PublishProperties.with(
                traces, PublishProperties.of(route, attempt.message, others, userProperties, marker));
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
        held.giveBack(attempt);
    }

    void delivered(RoutedRecord attempt) {
        route.meter.delivered();
        attempt.ended(Outcome.DELIVERED);
        route.meter.took(attempt.entry.receivedNanos(), clock.nanos());
        if (route.errors.standing() && (attempt.failures > 0 || attempt.unheard > 0 || !held.isHolding())) {
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
        route.meter.unheard();
        if (route.noSubscribers instanceof WhenUnheard.Accept) {
            events.unheard(route.name(), attempt.message.origin());
            delivered(attempt);
            return;
        }
        DeliveryException cause = new DeliveryException("the MQTT broker threw the message away: "
                + ReasonCodes.text(ReasonCodes.NO_MATCHING_SUBSCRIBERS) + "; see noSubscribers(..)");
        boolean waits = route.noSubscribers instanceof WhenUnheard.Await;
        held.giveBack(attempt, new Failure(waits ? Failure.Kind.UNHEARD : Failure.Kind.RETRYABLE, cause));
    }

    /** The MQTT broker has refused the message. Called by a thread of the connection. */
    void refused(RoutedRecord attempt, int reasonCode) {
        DeliveryException cause =
                new DeliveryException("the MQTT broker refused the message: " + ReasonCodes.text(reasonCode));
        boolean isFinal = ReasonCodes.ofAcknowledgement(reasonCode) == ReasonCodes.Meaning.MESSAGE;
        held.giveBack(attempt, new Failure(isFinal ? Failure.Kind.FINAL : Failure.Kind.RETRYABLE, cause));
    }

    /** Connections end when the message is sent. Called by the thread that connects. */
    void givenUp(RoutedRecord attempt, String why) {
        held.giveBack(attempt, new Failure(Failure.Kind.FINAL, new DeliveryException(why)));
    }

    // What could not go on.

    @Override
    public boolean ready() {
        boolean probing = held.collect();
        failures.mendDeadLetters();
        return !probing && held.goOn() && connection.isUp();
    }

    @Override
    public Collection<Partition> urgent() {
        Collection<Partition> all = expected.unresolved();
        return all.isEmpty() ? all : all.stream().filter(route::reads).toList();
    }

    @Override
    public boolean readyFor(Partition partition) {
        return connection.isUp() && held.firstOf(partition) == null;
    }

    @Override
    public boolean passed(Partition partition, long offset) {
        return expected.passed(partition, offset);
    }

    @Override
    public boolean ended(Partition partition, long end) {
        return expected.ended(partition, end);
    }

    @Override
    public void committed(String topic, int partition, long offset) {
        expected.offsetCommitted(new Partition(route.group, topic, partition), offset);
    }

    @Override
    public void revoked(String topic, int partition) {
        Partition gone = new Partition(route.group, topic, partition);
        expected.revoked(gone);
        if (route.stopped() && connection.othersRun(route) && expected.passed(gone, Long.MAX_VALUE)) {
            log.warn(
                    "Route '{}' has stopped before the records came again whose messages were on their way when the bridge died;"
                            + " the packet ids of those of '{}-{}' are given up, so that other routes go on: the messages can"
                            + " be repeated when the route runs again",
                    route.name(),
                    topic,
                    partition);
        }
    }

    private void proceed(RoutedRecord attempt) {
        Failure failure = attempt.failure;
        attempt.failure = null;
        Throwable givenUp = attempt.givenUp;
        if (givenUp != null) {
            failures.giveUp(attempt, givenUp, failure);
        } else if (failure == null) {
            if (attempt.unheard > 0) {
                held.probe(attempt);
            }
            advance(attempt);
        } else if (failure.kind() == Failure.Kind.UNHEARD && route.noSubscribers instanceof WhenUnheard.Await wait) {
            failures.awaitSubscriber(attempt, failure.cause(), wait.backoff());
        } else {
            failures.failed(attempt, failure);
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
        route.meter.acknowledged(records);
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
