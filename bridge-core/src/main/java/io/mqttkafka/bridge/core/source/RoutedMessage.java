package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.route.DeadLetters;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.MetadataHeaders;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.UserProperty;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One message on one route, from its receipt until the route is done with it. */
final class RoutedMessage extends PendingRecord implements Comparable<RoutedMessage> {
    /** What was found out about a Kafka topic. */
    record TopicAnswer(String topic, TopicResolution resolution) {}

    private final MqttToKafkaPipeline pipeline;
    final RouteMatch match;
    final MqttMessage message;

    /** What has to be acknowledged, and the number of the route there; null for QoS 0. */
    final @Nullable Delivery delivery;

    /** Its place in a transaction; null if it goes without one. */
    final @Nullable TransactionUnit unit;

    final int routeIndex;

    /** What it has taken of the window when it came. */
    final long cost;

    /** What its record takes of the window while it waits for its transaction. */
    long recordCost;

    /** Its place among the messages of the connection. */
    final long order;

    /** When it was received, by the clock of the bridge, if it has no delivery that knows. */
    long receivedNanos;

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
        this.routeIndex = routeIndex;
        this.cost = cost;
        this.order = order;
    }

    /** Makes its dead letter, which has so much room. */
    Letter deadLetter(Throwable cause, int room) {
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
        return DeadLetters.fitted(
                key, message.payload(), DeadLetters.cause(route().name(), failures, cause), headers, room);
    }

    /** Says whether it has been given up, so that its message comes again. */
    boolean comesAgain() {
        return delivery != null && delivery.failed();
    }

    SourceRoute route() {
        return match.route;
    }

    RouteMeter meter() {
        return match.route.meter(message.qos().level());
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
