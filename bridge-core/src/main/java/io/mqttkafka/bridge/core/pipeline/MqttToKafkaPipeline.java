package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaSink;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.routing.KafkaTopicName;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.failure.FailurePolicy.DeadLetter;
import io.mqttkafka.bridge.failure.FailurePolicy.Skip;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The way of a message from MQTT to Kafka, on one route: decode, filter, map, encode, partition, send; then confirmed, or
 * failed and dealt with.
 *
 * <p>A message that can go on is sent by the thread that read it. One that cannot closes the {@link RouteLane} of its
 * route, and the lane thread finds out what to do, while later messages of the route wait in order and other routes go on.
 */
final class MqttToKafkaPipeline {
    private static final Duration PAUSE_WHILE_KAFKA_IS_AWAY = Duration.ofSeconds(1);

    private static final long OVERHEAD_BYTES = 128;

    /** What a user property, or a header, takes besides its bytes: two texts or arrays, and what holds them. */
    private static final long PROPERTY_BYTES = 112;

    private final KafkaSink sink;
    private final InFlightWindow window;
    private final PipelineEvents runner;
    private final BridgeEvents events;
    private final Failpoints failpoints;

    MqttToKafkaPipeline(
            KafkaSink sink, InFlightWindow window, PipelineEvents runner, BridgeEvents events, Failpoints failpoints) {
        this.sink = sink;
        this.window = window;
        this.runner = runner;
        this.events = events;
        this.failpoints = failpoints;
    }

    /**
     * What a message takes of the window on each of its routes: its packet, the texts that are made of its topic, and what it
     * weighs besides.
     */
    static long cost(int packetLength, long topicWeight, int userProperties) {
        return packetLength + topicWeight + OVERHEAD_BYTES + userProperties * PROPERTY_BYTES;
    }

    /**
     * Takes a message in. Called by the thread that reads the connection.
     *
     * @param failure why it cannot go on; null if it can
     */
    void take(Attempt attempt, @Nullable Failure failure) {
        attempt.counters().received.increment();
        if (failure != null) {
            hold(attempt, failure);
        } else if (!attempt.match.lane.joinIfClosed(attempt)) {
            advance(attempt);
        }
    }

    /** Makes a record of the message and sends it. */
    private void advance(Attempt attempt) {
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
                    attempt.counters().filtered.increment();
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
            int partitions = route.partitionCount(topic);
            if (partitions == SourceRoute.NOT_READY) {
                attempt.kafkaTopic = topic;
                hold(attempt, new Failure(Failure.Kind.TOPIC_UNKNOWN, new DeliveryException("not looked up yet")));
                return;
            }
            partition = partition(route, topic, partitions, key, attempt.message);
        } catch (Exception | AssertionError | StackOverflowError | LinkageError e) {
            hold(attempt, Failure.thrown(e));
            return;
        }
        attempt.kafkaTopic = topic;
        send(attempt, topic, partition, key, value, headers, attempt);
    }

    /** Sends a record now, or puts it into the transaction that its message goes by. */
    private void send(
            Attempt attempt,
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
            Attempt attempt, byte @Nullable [] key, byte @Nullable [] value, @Nullable List<Header> headers) {
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
    private void looped(Attempt attempt) {
        attempt.counters().looped.increment();
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
        if (partitioner instanceof Partitioner.Single single) {
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
        return route.partitioner instanceof Partitioner.Single single && single.partition() >= count
                ? "partitioner: single(" + single.partition() + "), but " + choice(topic, count, "choose")
                : null;
    }

    private static String choice(String topic, int count, String verb) {
        return "'" + topic + "' has partitions 0 to " + (count - 1) + "; " + verb + " one of these";
    }

    /** Kafka has confirmed the record. Called by a thread of Kafka's client. */
    void delivered(Attempt attempt) {
        failpoints.pass(Failpoint.CONFIRMED);
        attempt.counters().delivered.increment();
        finish(attempt);
    }

    /** Kafka has not confirmed the record. Called by the sending thread or one of Kafka's client. */
    void undelivered(Attempt attempt, SendFailure failure) {
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

    private void release(Attempt attempt) {
        window.release(attempt.cost + attempt.recordCost);
    }

    /** The route is done with the message. */
    private void finish(Attempt attempt) {
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

    /** Nobody knows whether the record was written: the MQTT broker has to deliver the message again. */
    private void giveBack(Attempt attempt, Throwable cause) {
        release(attempt);
        attempt.route().lastError(cause);
        if (attempt.delivery == null) {
            attempt.counters().shed.increment();
            events.shed(attempt.route().name(), 1, "Kafka did not confirm it: " + SafeText.of(cause));
        }
        runner.redeliver(attempt.delivery, cause);
    }

    // What could not go on. Everything below is done by the lane thread.

    private void hold(Attempt attempt, Failure failure) {
        attempt.failure = failure;
        attempt.match.lane.close(attempt);
        runner.wakeLanes();
    }

    /** Works on the messages that wait in a lane until it is free or has to wait longer. */
    void work(RouteLane lane) {
        Attempt attempt;
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

    private void proceed(Attempt attempt) {
        if (attempt.unit != null && attempt.unit.delivery.failed()) {
            // Given up while it waited; it comes again.
            release(attempt);
            return;
        }
        if (attempt.givenUp != null) {
            giveUp(attempt, attempt.givenUp);
            return;
        }
        Failure failure = attempt.failure;
        attempt.failure = null;
        if (failure == null) {
            advance(attempt);
            return;
        }
        if (failure.kind() == Failure.Kind.TOPIC_UNKNOWN) {
            failure = lookUp(attempt);
            if (failure == null) {
                advance(attempt);
                return;
            }
            if (failure.kind() == Failure.Kind.TOPIC_UNKNOWN) {
                waitForKafka(attempt, failure);
                return;
            }
        }
        retryOrGiveUp(attempt, failure);
    }

    /** Finds out about the Kafka topic of a message; null if it is ready, TOPIC_UNKNOWN if Kafka does not say. */
    private @Nullable Failure lookUp(Attempt attempt) {
        SourceRoute route = attempt.route();
        String topic = attempt.kafkaTopic;
        if (topic == null) {
            return null;
        }
        String problem = KafkaTopicName.problem(topic);
        if (problem != null) {
            return new Failure(Failure.Kind.FINAL, new MappingException("toKafka: " + problem));
        }
        if (KafkaTopicName.isInternal(topic) && !route.allowInternalTopics) {
            return new Failure(
                    Failure.Kind.FINAL,
                    new MappingException("toKafka: '" + topic
                            + "' starts with '__', which Kafka keeps for itself; see allowInternalTopics()"));
        }
        if (!route.hasRoomFor(topic)) {
            return new Failure(
                    Failure.Kind.FINAL,
                    new MappingException("maxTopics: '" + topic + "' would be one topic more than the "
                            + route.maxTopics + " that the route may write to; raise maxTopics(..)"));
        }
        return lookUp(route, topic);
    }

    private @Nullable Failure lookUp(SourceRoute route, String topic) {
        TopicResolution resolution = sink.resolve(topic);
        switch (resolution.state()) {
            case READY -> {
                String missing = missingPartition(route, topic, resolution.partitions());
                if (missing != null) {
                    return new Failure(Failure.Kind.RETRYABLE, new MappingException(missing));
                }
                route.ready(topic, resolution.partitions());
                return null;
            }
            case UNREACHABLE -> {
                return new Failure(Failure.Kind.TOPIC_UNKNOWN, notReady(topic, resolution));
            }
            case ILLEGAL -> {
                return new Failure(Failure.Kind.FINAL, notReady(topic, resolution));
            }
            default -> {
                return new Failure(Failure.Kind.RETRYABLE, notReady(topic, resolution));
            }
        }
    }

    /** Says in words why a topic cannot be written to. */
    static DeliveryException notReady(String topic, TopicResolution resolution) {
        return notReady("toKafka", topic, resolution);
    }

    /** Says in words why a topic that an option names cannot be written to. */
    static DeliveryException notReady(String option, String topic, TopicResolution resolution) {
        String name = "'" + UntrustedText.escape(topic) + "'";
        return new DeliveryException(
                option + ": "
                        + switch (resolution.state()) {
                            case MISSING ->
                                "the topic " + name
                                        + " does not exist and Kafka does not create it; create it or change the route";
                            case DENIED ->
                                "Kafka does not let us write to the topic " + name
                                        + "; give this user the rights DESCRIBE and WRITE";
                            case ILLEGAL -> "Kafka refuses the topic name " + name;
                            default -> "Kafka does not answer about the topic " + name;
                        },
                resolution.cause());
    }

    private void waitForKafka(Attempt attempt, Failure failure) {
        if (attempt.delivery == null) {
            shed(attempt, failure.cause());
            return;
        }
        attempt.route().lastError(failure.cause());
        attempt.failure = failure;
        waitInLane(attempt, PAUSE_WHILE_KAFKA_IS_AWAY);
    }

    private void waitInLane(Attempt attempt, Duration delay) {
        RouteLane lane = attempt.match.lane;
        lane.close(attempt);
        lane.pause(delay);
    }

    private void retryOrGiveUp(Attempt attempt, Failure failure) {
        FailurePolicy policy = attempt.route().failurePolicy;
        attempt.failures++;
        attempt.route().lastError(failure.cause());
        boolean again = failure.kind() == Failure.Kind.RETRYABLE
                && attempt.delivery != null
                && attempt.failures <= policy.retries();
        if (again && policy.backoff() != null) {
            Duration delay = policy.backoff()
                    .delay(attempt.failures, ThreadLocalRandom.current().nextDouble());
            attempt.counters().retries.increment();
            // Made now: when the listeners are told, the next attempt may have failed already.
            Retry retry = new Retry(
                    attempt.route().name(), attempt.message.topic(), attempt.failures, delay, failure.cause());
            // Before it is told: who hears of it can move the clock.
            waitInLane(attempt, delay);
            events.tell(attempt.cost, listener -> listener.onRetry(retry));
        } else {
            attempt.givenUp = failure.cause();
            giveUp(attempt, failure.cause());
        }
    }

    private void giveUp(Attempt attempt, Throwable cause) {
        FailurePolicy.Action action = attempt.route().failurePolicy.lastAction();
        if (action instanceof DeadLetter deadLetter) {
            deadLetter(attempt, deadLetter.topic(), cause);
        } else if (action instanceof Skip) {
            attempt.counters().skipped.increment();
            Skipped skipped = new Skipped(attempt.route().name(), attempt.message.topic(), cause);
            events.tell(attempt.cost, listener -> listener.onSkipped(skipped));
            finish(attempt);
        } else if (attempt.delivery == null) {
            shed(attempt, cause);
        } else {
            stop(attempt, cause);
        }
    }

    private void shed(Attempt attempt, Throwable cause) {
        attempt.counters().shed.increment();
        events.shed(attempt.route().name(), 1, SafeText.of(cause));
        finish(attempt);
    }

    private void stop(Attempt attempt, Throwable cause) {
        attempt.givenUp = cause;
        waitInLane(attempt, Duration.ofDays(1));
        runner.stop(attempt.route(), attempt.message.topic(), cause);
    }

    private void deadLetter(Attempt attempt, String topic, Throwable cause) {
        Failure failure = attempt.failure;
        attempt.failure = null;
        if (failure != null) {
            failure = failure.kind() == Failure.Kind.TOPIC_UNKNOWN ? lookUpDeadLetterTopic(topic) : failure;
            if (failure != null && failure.kind() == Failure.Kind.TOPIC_UNKNOWN) {
                waitForKafka(attempt, failure);
                return;
            }
            if (failure != null) {
                DeliveryException undeliverable = new DeliveryException(
                        "onFailure.deadLetter: '" + topic + "' cannot be written to: " + SafeText.of(failure.cause()),
                        cause);
                if (attempt.delivery == null) {
                    shed(attempt, undeliverable);
                } else {
                    stop(attempt, undeliverable);
                }
                return;
            }
        }
        byte[] key = attempt.match.keyBytes != null
                ? attempt.match.keyBytes
                : attempt.message.topic().getBytes(StandardCharsets.UTF_8);
        send(
                attempt,
                topic,
                null,
                key,
                attempt.message.payload(),
                DeadLetters.headers(attempt, cause),
                new DeadLetterRecord(attempt, topic, cause));
    }

    private @Nullable Failure lookUpDeadLetterTopic(String topic) {
        TopicResolution resolution = sink.resolve(topic);
        return switch (resolution.state()) {
            case READY -> null;
            case UNREACHABLE -> new Failure(Failure.Kind.TOPIC_UNKNOWN, notReady(topic, resolution));
            default -> new Failure(Failure.Kind.FINAL, notReady(topic, resolution));
        };
    }

    /** A dead letter on its way to Kafka. */
    private final class DeadLetterRecord extends PendingRecord {
        private final Attempt attempt;
        private final String topic;
        private final Throwable cause;

        DeadLetterRecord(Attempt attempt, String topic, Throwable cause) {
            this.attempt = attempt;
            this.topic = topic;
            this.cause = cause;
        }

        @Override
        protected void confirmed() {
            attempt.counters().deadLettered.increment();
            DeadLettered deadLettered = new DeadLettered(attempt.route().name(), attempt.message.topic(), topic, cause);
            events.tell(attempt.cost, listener -> listener.onDeadLettered(deadLettered));
            finish(attempt);
        }

        @Override
        protected void unconfirmed(SendFailure failure) {
            undelivered(attempt, failure);
        }
    }
}
