package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.route.DeadLetters;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.FailureHandling;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.MetadataHeaders;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.UserProperty;
import io.mqttkafka.bridge.spi.MessageObserver.Observation;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.MessageObserver.Scope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One message on one route, from its receipt until the route is done with it. */
final class RoutedMessage extends PendingRecord implements Comparable<RoutedMessage>, FailureHandling.Failed {
    /** What was found out about a Kafka topic. */
    record TopicAnswer(String topic, TopicResolution resolution) {}

    private final MqttToKafkaPipeline pipeline;
    final RouteMatch match;
    final MqttMessage message;

    /** What has to be acknowledged, and the number of the route there; null for QoS 0. */
    final @Nullable Delivery delivery;

    /** Its place in a transaction; null if it goes without one. */
    final @Nullable TransactionUnit unit;

    /** At most 64: as a byte it leaves the room for what follows it, in an object for each message. */
    final byte routeIndex;

    /** What it has taken of the window when it came. */
    final long cost;

    /** What its record takes of the window while it waits for its transaction. */
    long recordCost;

    /** Its place among the messages of the connection. */
    final long order;

    /** When it was received, by the clock of the bridge, if it has no delivery that knows. */
    long receivedNanos;

    /** Follows it; null if nobody does, or no more. */
    @Nullable
    Observation observation;

    /** The Kafka topic it was mapped to by the last attempt. */
    @Nullable
    String kafkaTopic;

    /** What was found out about a topic while it waited for that; null if nothing new. */
    volatile @Nullable TopicAnswer answer;

    /** How often it has failed. */
    int failures;

    /** Whether its lane waits for its outcome. */
    volatile boolean alone;

    /** Why it will not be tried again; null while it may be. */
    volatile @Nullable Throwable givenUp;

    /** Whether the route stops because of it, so that it stays where it is. */
    volatile boolean stopsRoute;

    /** The dead letter that was sent last; null if it has none. */
    @Nullable
    Letter letter;

    /** What the lane has to look into before the next attempt; null if nothing. */
    volatile @Nullable Failure failure;

    RoutedMessage(
            MqttToKafkaPipeline pipeline,
            RouteMatch match,
            MqttMessage message,
            @Nullable Delivery delivery,
            @Nullable TransactionUnit unit,
            int routeIndex,
            long cost,
            long order) {
        // Transactions have an order of their own, and what has no acknowledgement does not come again.
        super(unit == null && delivery != null ? pipeline.generation() : ANY);
        this.pipeline = pipeline;
        this.match = match;
        this.message = message;
        this.delivery = delivery;
        this.unit = unit;
        this.routeIndex = (byte) routeIndex;
        this.cost = cost;
        this.order = order;
    }

    @Override
    public String routeName() {
        return route().name();
    }

    @Override
    public FailurePolicy failurePolicy() {
        return route().failurePolicy;
    }

    @Override
    public String origin() {
        return message.topic();
    }

    @Override
    public long weight() {
        return cost;
    }

    @Override
    public boolean canWait() {
        return delivery != null;
    }

    @Override
    public int countFailure(Throwable cause) {
        route().lastError(cause);
        return ++failures;
    }

    @Override
    public void giveUp(Throwable cause) {
        givenUp = cause;
    }

    @Override
    public @Nullable Letter letter() {
        return letter;
    }

    @Override
    public Letter makeLetter(Throwable cause, int room) {
        byte[] topic = match.keyBytes;
        byte[] key = topic != null ? topic : message.topic().getBytes(StandardCharsets.UTF_8);
        LoopGuard guard = route().guard;
        List<Header> headers = new ArrayList<>();
        RecordHeaders.addMetadata(headers, message);
        RecordHeaders.addUserProperties(headers, message, guard);
        UserProperty marker = guard.isOn() ? guard.find(message) : null;
        if (marker != null) {
            headers.add(MetadataHeaders.text(marker.name(), marker.value()));
        }
        Letter made = DeadLetters.fitted(
                key, message.payload(), DeadLetters.cause(routeName(), failures, cause), headers, room);
        letter = made;
        return made;
    }

    /** Says whether it has been given up, so that its message comes again. */
    boolean comesAgain() {
        return delivery != null && delivery.failed();
    }

    SourceRoute route() {
        return match.route;
    }

    @Override
    public RouteMeter meter() {
        return match.route.meter(message.qos().level());
    }

    /** Hears what became of it; the first to tell is right. */
    @Override
    public void ended(Outcome outcome) {
        Observation one = observation;
        GuardedObserver observer = match.route.observer;
        if (one != null && observer != null) {
            observation = null;
            observer.ended(one, outcome, givenUp);
        }
    }

    /** Returns what its observer adds to it. */
    List<Header> traces() {
        Observation one = observation;
        GuardedObserver observer = match.route.observer;
        return one == null || observer == null ? List.of() : observer.headers(one);
    }

    @Override
    public @Nullable Scope entered() {
        Observation one = observation;
        GuardedObserver observer = match.route.observer;
        return one == null || observer == null ? null : observer.enter(one);
    }

    @Override
    protected @Nullable Scope enter() {
        return observation == null ? null : entered();
    }

    @Override
    protected void confirmed() {
        pipeline.delivered(this);
    }

    @Override
    protected void unconfirmed(SendFailure failure) {
        pipeline.undelivered(this, Objects.requireNonNull(kafkaTopic), failure);
    }

    @Override
    public int compareTo(RoutedMessage other) {
        return Long.compare(order, other.order);
    }
}
