package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.ErrorMemory;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicLookups;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.FailureHandling;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.KafkaTopicName;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.SinglePartitioner;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of a message from MQTT to Kafka, on one route: decode, filter, map, encode, partition, send; then confirmed, or
 * failed and dealt with.
 *
 * <p>A message that can go on is sent by the thread that read it. One that cannot closes the {@link RouteLane} of its
 * route, and the lane thread finds out what to do, while later messages of the route wait in order and other routes go on.
 */
public final class MqttToKafkaPipeline {
    private static final Duration PAUSE_WHILE_KAFKA_IS_AWAY = Duration.ofSeconds(1);

    /** Longer than a lookup takes; its answer ends the pause. */
    private static final Duration PAUSE_FOR_A_LOOKUP = Duration.ofMinutes(1);

    private static final long OVERHEAD_BYTES = 128;

    /** What a user property, or a header, takes besides its bytes: two texts or arrays, and what holds them. */
    private static final long PROPERTY_BYTES = 112;

    private final RecordSender sink;
    private final TopicLookups lookups;
    private final InFlightWindow window;
    private final TopicWaits waits;
    private final PipelineEvents runner;
    private final BridgeEvents events;
    private final FailureHandling<RoutedMessage> failures;
    private final Failpoints failpoints;
    private final BridgeClock clock;

    MqttToKafkaPipeline(
            RecordSender sink,
            TopicWaits waits,
            TopicLookups lookups,
            InFlightWindow window,
            PipelineEvents runner,
            BridgeEvents events,
            Failpoints failpoints,
            BridgeClock clock) {
        this.sink = sink;
        this.waits = waits;
        this.lookups = lookups;
        this.window = window;
        this.runner = runner;
        this.events = events;
        failures = new FailureHandling<>(new Failures(), events);
        this.failpoints = failpoints;
        this.clock = clock;
    }

    /**
     * What a message takes of the window on each of its routes: its packet, the texts that are made of its topic, and what it
     * weighs besides.
     */
    static long cost(int packetLength, long topicWeight, int userProperties) {
        return packetLength + topicWeight + OVERHEAD_BYTES + userProperties * PROPERTY_BYTES;
    }

    /** Says which producer is to send what is received now. */
    int generation() {
        return sink.generation();
    }

    /**
     * Takes a message in. Called by the thread that reads the connection.
     *
     * @param failure why it cannot go on; null if it can
     */
    void take(RoutedMessage attempt, @Nullable Failure failure) {
        attempt.meter().received();
        GuardedObserver observer = attempt.match.route.observer;
        if (observer != null) {
            attempt.observation = observer.received(attempt.match.route.name(), attempt.message);
        }
        if (failure != null) {
            hold(attempt, failure);
        } else if (!attempt.match.lane.joinIfClosed(attempt)) {
            advance(attempt, false);
        }
    }

    /** Makes a record of the message and sends it. */
    private void advance(RoutedMessage attempt, boolean inLane) {
        RouteMatch match = attempt.match;
        SourceRoute route = match.route;
        String topic;
        byte[] key;
        byte @Nullable [] value;
        List<Header> headers;
        Integer partition;
        try {
            if (match.kafkaTopic != null && match.keyBytes != null && isPlain(route, attempt.message)) {
                topic = match.kafkaTopic;
                key = match.keyBytes;
                value = route.clears(attempt.message) ? null : attempt.message.payload();
                headers = plainHeaders(match, attempt.message);
            } else {
                Transformation transformation = new Transformation(match, attempt.message);
                if (!transformation.decode()) {
                    attempt.meter().filtered();
                    attempt.ended(Outcome.FILTERED);
                    finish(attempt);
                    return;
                }
                if (!transformation.encode()) {
                    looped(attempt);
                    return;
                }
                topic = transformation.requireKafkaTopic();
                key = transformation.keyBytes();
                value = transformation.payload();
                headers = transformation.recordHeaders();
            }
            int partitions = route.topics.partitionCount(topic);
            boolean doubtful = route.topics.isDoubtful(topic);
            if (partitions == KnownTopics.NOT_READY || (doubtful && !inLane)) {
                attempt.kafkaTopic = topic;
                hold(attempt, new Failure(Failure.Kind.TOPIC_UNKNOWN, new DeliveryException("not looked up yet")));
                return;
            }
            partition = partition(route, topic, partitions, key, attempt.message);
            attempt.alone = doubtful && attempt.unit == null;
        } catch (Exception | Error e) {
            hold(attempt, Failure.thrown(e));
            return;
        }
        attempt.kafkaTopic = topic;
        if (attempt.alone) {
            match.lane.await(attempt);
        }
        if (attempt.observation != null) {
            headers = GuardedObserver.replace(headers, attempt.traces());
        }
        send(attempt, topic, partition, key, value, headers, attempt);
    }

    /** Sends a record now, or puts it into the transaction that its message goes by. */
    private void send(
            RoutedMessage attempt,
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers,
            PendingRecord pending) {
        TransactionUnit unit = attempt.unit;
        if (unit == null) {
            sink.send(topic, partition, key, value, headers, pending);
            return;
        }
        countRecord(attempt, key, value, headers);
        if (unit.prepared(attempt.routeIndex, new PreparedRecord(topic, partition, key, value, headers, pending))) {
            decided(unit);
        } else {
            release(attempt);
        }
    }

    /** The record waits for its transaction as it is: what it does not share with the message counts as well. */
    private void countRecord(
            RoutedMessage attempt, byte @Nullable [] key, byte @Nullable [] value, @Nullable List<Header> headers) {
        long bytes = key == null || key == attempt.match.keyBytes ? 0 : key.length;
        bytes += value == null || value == attempt.message.payload() ? 0 : value.length;
        if (headers != null && headers != attempt.match.marker) {
            for (Header header : headers) {
                byte[] text = header.value();
                bytes += PROPERTY_BYTES + header.name().length() + (text == null ? 0 : text.length);
            }
        }
        if (bytes != attempt.recordCost) {
            window.grow(bytes - attempt.recordCost);
            attempt.recordCost = bytes;
        }
    }

    private void decided(TransactionUnit unit) {
        if (unit.complete()) {
            runner.complete(unit);
        }
    }

    private static @Nullable List<Header> plainHeaders(RouteMatch match, MqttMessage message) {
        SourceRoute route = match.route;
        return route.metadataHeaders
                        || !route.headers.isEmpty()
                        || !message.properties().userProperties().isEmpty()
                ? RecordHeaders.of(
                        route,
                        message,
                        new Transformation(match, message),
                        match.marker == null ? null : match.marker.get(0))
                : match.marker;
    }

    /** Says whether the record is the payload under a known topic and key; a message with properties can be marked. */
    private static boolean isPlain(SourceRoute route, MqttMessage message) {
        return !route.hasUserCode
                && (!route.guard.isOn() || message.properties().userProperties().isEmpty());
    }

    /** The bridge itself has published the message, out of the topic that it would go to. */
    private void looped(RoutedMessage attempt) {
        attempt.meter().looped();
        attempt.ended(Outcome.LOOPED);
        events.looped(attempt.route().name(), attempt.message.topic());
        finish(attempt);
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static @Nullable Integer partition(
            SourceRoute route, String topic, int count, byte @Nullable [] key, MqttMessage message) {
        Partitioner partitioner = route.partitioner;
        if (partitioner == Partitioner.byKey()) {
            return null;
        }
        if (partitioner instanceof SinglePartitioner single) {
            return single.partition();
        }
        int partition = partitioner.partition(new Partitioner.Request(topic, count, key, message));
        if (partition < 0 || partition >= count) {
            throw new MappingException(
                    "partitioner: returned " + partition + ", but " + choice(topic, count, "return"));
        }
        return partition;
    }

    /** Says why a topic does not have the only partition that a route writes to; null if it has, or if any will do. */
    static @Nullable String missingPartition(SourceRoute route, String topic, int count) {
        return route.partitioner instanceof SinglePartitioner single && single.partition() >= count
                ? "partitioner: single(" + single.partition() + "), but " + choice(topic, count, "choose")
                : null;
    }

    private static String choice(String topic, int count, String verb) {
        return "'" + topic + "' has partitions 0 to " + (count - 1) + "; " + verb + " one of these";
    }

    /** Kafka has confirmed the record. Called by a thread of Kafka's client. */
    void delivered(RoutedMessage attempt) {
        failpoints.pass(Failpoint.CONFIRMED);
        RouteMeter meter = attempt.meter();
        meter.delivered();
        attempt.ended(Outcome.DELIVERED);
        if (attempt.delivery == null) {
            meter.took(attempt.receivedNanos, clock.nanos());
        }
        if (attempt.alone) {
            attempt.route().topics.trust(String.valueOf(attempt.kafkaTopic));
            tellLane(attempt);
        }
        ErrorMemory errors = attempt.route().errors;
        if (errors.standing() && (attempt.failures > 0 || attempt.match.lane.isFree())) {
            errors.over();
        }
        finish(attempt);
    }

    /** Kafka has not confirmed the record. Called by the sending thread or one of Kafka's client. */
    void undelivered(RoutedMessage attempt, String topic, SendFailure failure) {
        try {
            judge(attempt, topic, failure);
        } finally {
            if (attempt.alone) {
                tellLane(attempt);
            }
        }
    }

    private void tellLane(RoutedMessage attempt) {
        attempt.alone = false;
        attempt.match.lane.told(attempt);
        runner.wakeLanes();
    }

    private void judge(RoutedMessage attempt, String topic, SendFailure failure) {
        if (failure.kind() == SendFailure.Kind.NOT_SENT) {
            lookups.forget(topic);
            attempt.route().topics.notReady(topic);
        }
        if (failure.kind() != SendFailure.Kind.BROKEN) {
            hold(attempt, Failure.of(failure));
        } else if (attempt.unit == null) {
            giveBack(attempt, failure.cause());
        } else {
            // The committer, which gave it up, sees to the rest.
            attempt.route().lastError(failure.cause());
            release(attempt);
        }
    }

    private void release(RoutedMessage attempt) {
        attempt.ended(Outcome.RETURNED);
        window.release(attempt.cost + attempt.recordCost);
    }

    /** The route is done with the message. */
    private void finish(RoutedMessage attempt) {
        release(attempt);
        Delivery delivery = attempt.delivery;
        if (attempt.unit != null) {
            if (attempt.unit.withoutRecord()) {
                runner.complete(attempt.unit);
            }
        } else if (delivery != null && delivery.settle(attempt.routeIndex)) {
            runner.settled(delivery);
        }
    }

    /**
     * Nobody knows whether the record was written: the MQTT broker has to deliver the message again, and all behind it, or they
     * would pass it.
     */
    private void giveBack(RoutedMessage attempt, Throwable cause) {
        if (attempt.delivery == null) {
            attempt.ended(Outcome.SHED);
        }
        release(attempt);
        if (attempt.comesAgain()) {
            // With another one, or on another route.
            return;
        }
        attempt.route().lastError(cause);
        if (attempt.delivery == null) {
            attempt.meter().shed();
            events.shed(attempt.route().name(), 1, "Kafka did not confirm it: " + SafeText.of(cause));
        }
        runner.redeliver(attempt.delivery, cause);
    }

    // What could not go on. Everything below is done by the lane thread.

    private void hold(RoutedMessage attempt, Failure failure) {
        attempt.failure = failure;
        attempt.match.lane.close(attempt);
        runner.wakeLanes();
    }

    /** Works on the messages that wait in a lane until it is free or has to wait longer. */
    void work(RouteLane lane) {
        RoutedMessage attempt;
        while (lane.isDue() && (attempt = lane.firstOrOpen()) != null) {
            lane.remove(attempt);
            try {
                proceed(attempt);
            } catch (RuntimeException | Error e) {
                // Out of the lane and not sent: only a new delivery brings it back.
                giveBack(attempt, e);
                throw e;
            }
        }
    }

    /** Lets go of what waits in a lane and comes again, so that its next copy need not wait behind it. */
    void dropGivenUp(RouteLane lane) {
        lane.takeGivenUp(sink.generation()).forEach(this::release);
    }

    private void proceed(RoutedMessage attempt) {
        if (attempt.comesAgain()) {
            // Given up while it waited.
            release(attempt);
            return;
        }
        if (attempt.stopsRoute) {
            // Whatever ended the pause: nothing becomes of it here any more.
            waitInLane(attempt, Duration.ofDays(1));
            return;
        }
        Failure failure = attempt.failure;
        attempt.failure = null;
        Throwable givenUp = attempt.givenUp;
        if (givenUp != null) {
            failures.giveUp(attempt, givenUp, failure);
            return;
        }
        if (failure == null) {
            advance(attempt, true);
            return;
        }
        String topic = attempt.kafkaTopic;
        if (failure.kind() == Failure.Kind.TOPIC_UNKNOWN && topic != null) {
            Failure illegal = illegal(attempt.route(), topic);
            TopicResolution resolution = illegal == null ? resolution(attempt, topic, failure) : null;
            if (resolution != null) {
                proceed(attempt, topic, resolution);
            } else if (illegal != null) {
                failures.failed(attempt, illegal);
            }
            return;
        }
        failures.failed(attempt, failure);
    }

    private void proceed(RoutedMessage attempt, String topic, TopicResolution resolution) {
        Failure failure = judge(attempt.route(), topic, resolution);
        if (failure != null && attempt.delivery != null && attempt.unit == null && sink.isUnderWay(topic)) {
            // Those before it have no outcome yet, and must not come after it.
            failure = new Failure(Failure.Kind.TOPIC_UNKNOWN, failure.cause());
        }
        if (failure != null && failure.kind() == Failure.Kind.TOPIC_UNKNOWN) {
            waitForKafka(attempt, topic, failure);
            return;
        }
        attempt.match.lane.awaits(null);
        if (failure == null) {
            advance(attempt, true);
        } else {
            failures.failed(attempt, failure);
        }
    }

    /** Returns what is known of a topic; if nothing is, the message waits for it in its lane, and null is returned. */
    private @Nullable TopicResolution resolution(RoutedMessage attempt, String topic, Failure failure) {
        RoutedMessage.TopicAnswer answer = attempt.answer;
        attempt.answer = null;
        if (answer != null && answer.topic().equals(topic)) {
            return answer.resolution();
        }
        TopicResolution known = lookups.known(topic, attempt.failures > 0);
        if (known == null) {
            RouteLane lane = attempt.match.lane;
            attempt.failure = failure;
            // First the pause: the answer ends it.
            waitInLane(attempt, PAUSE_FOR_A_LOOKUP);
            lookups.lookUp(topic, found -> {
                attempt.answer = new RoutedMessage.TopicAnswer(topic, found);
                lane.hurry();
                runner.wakeLanes();
            });
        }
        return known;
    }

    /** Says why a route may not write to a topic, whatever Kafka says; null if it may. */
    private static @Nullable Failure illegal(SourceRoute route, String topic) {
        String problem = KafkaTopicName.problem(topic);
        if (problem != null) {
            return new Failure(Failure.Kind.FINAL, new MappingException("toKafka: " + problem));
        }
        String own = route.ownTopics.problem("toKafka", topic);
        if (own != null) {
            return new Failure(Failure.Kind.FINAL, new MappingException(own));
        }
        if (KafkaTopicName.isInternal(topic) && !route.allowInternalTopics) {
            return new Failure(
                    Failure.Kind.FINAL,
                    new MappingException("toKafka: '" + topic
                            + "' starts with '__', which Kafka keeps for itself; see allowInternalTopics()"));
        }
        if (!route.topics.hasRoomFor(topic)) {
            return new Failure(
                    Failure.Kind.FINAL,
                    new MappingException("maxTopics: '" + topic + "' would be one topic more than the "
                            + route.maxTopics + " that the route may write to; raise maxTopics(..)"));
        }
        return null;
    }

    /** Judges what was found out about a topic; null if it is ready, TOPIC_UNKNOWN if Kafka does not say. */
    private static @Nullable Failure judge(SourceRoute route, String topic, TopicResolution resolution) {
        switch (resolution.state()) {
            case READY -> {
                String missing = missingPartition(route, topic, resolution.partitions());
                if (missing != null) {
                    return new Failure(Failure.Kind.RETRYABLE, new MappingException(missing));
                }
                route.topics.found(topic, resolution.partitions());
                return null;
            }
            case UNREACHABLE -> {
                return new Failure(Failure.Kind.TOPIC_UNKNOWN, resolution.notReady("toKafka", topic));
            }
            case ILLEGAL -> {
                return new Failure(Failure.Kind.FINAL, resolution.notReady("toKafka", topic));
            }
            default -> {
                return new Failure(Failure.Kind.RETRYABLE, resolution.notReady("toKafka", topic));
            }
        }
    }

    private void shed(RoutedMessage attempt, Throwable cause) {
        attempt.meter().shed();
        attempt.ended(Outcome.SHED);
        events.shed(attempt.route().name(), 1, SafeText.withFrames(cause));
        finish(attempt);
    }

    private void waitForKafka(RoutedMessage attempt, String topic, Failure failure) {
        if (attempt.delivery == null) {
            shed(attempt, failure.cause());
            return;
        }
        attempt.route().lastError(failure.cause());
        attempt.failure = failure;
        attempt.match.lane.awaits(waits.of(topic));
        waitInLane(attempt, PAUSE_WHILE_KAFKA_IS_AWAY);
    }

    private void waitInLane(RoutedMessage attempt, Duration delay) {
        RouteLane lane = attempt.match.lane;
        lane.close(attempt);
        lane.pause(delay);
    }

    /** What becomes of messages from MQTT that have failed. */
    private final class Failures implements FailureHandling.Direction<RoutedMessage> {
        @Override
        public void pause(RoutedMessage attempt, Duration delay) {
            waitInLane(attempt, delay);
        }

        @Override
        public void finish(RoutedMessage attempt) {
            MqttToKafkaPipeline.this.finish(attempt);
        }

        @Override
        public void stop(RoutedMessage attempt, Throwable cause) {
            attempt.stopsRoute = true;
            attempt.match.lane.awaits(null);
            waitInLane(attempt, Duration.ofDays(1));
            runner.stop(attempt.route(), attempt.message.topic(), cause);
        }

        @Override
        public void abandon(RoutedMessage attempt, Throwable cause) {
            if (attempt.delivery == null) {
                shed(attempt, cause);
            } else {
                stop(attempt, cause);
            }
        }

        @Override
        public void send(RoutedMessage attempt, String topic, Letter letter, PendingRecord pending) {
            attempt.match.lane.awaits(null);
            MqttToKafkaPipeline.this.send(
                    attempt, topic, null, letter.key(), letter.value(), letter.headers(), pending);
        }

        @Override
        public void unsent(RoutedMessage attempt, String topic, SendFailure failure) {
            undelivered(attempt, topic, failure);
        }

        @Override
        public int largestRecord() {
            return sink.largestRecord();
        }

        @Override
        public @Nullable TopicResolution resolve(RoutedMessage attempt, String topic, Failure failure) {
            return resolution(attempt, topic, failure);
        }

        @Override
        public void awaitKafka(RoutedMessage attempt, String topic, Failure failure) {
            waitForKafka(attempt, topic, failure);
        }
    }
}
