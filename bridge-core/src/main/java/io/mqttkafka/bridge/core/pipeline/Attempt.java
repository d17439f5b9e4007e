package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.message.MqttMessage;
import org.jspecify.annotations.Nullable;

/** One message on one route, from its receipt until the route is done with it. */
final class Attempt extends PendingRecord implements Comparable<Attempt> {
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

    /** The Kafka topic it was mapped to by the last attempt. */
    @Nullable
    String kafkaTopic;

    /** How often it has failed. */
    int failures;

    /** Why it will not be tried again; null while it may be. */
    volatile @Nullable Throwable givenUp;

    /** What the lane has to look into before the next attempt; null if nothing. */
    volatile @Nullable Failure failure;

    Attempt(
            MqttToKafkaPipeline pipeline,
            RouteMatch match,
            MqttMessage message,
            @Nullable Delivery delivery,
            @Nullable TransactionUnit unit,
            int routeIndex,
            long cost,
            long order) {
        this.pipeline = pipeline;
        this.match = match;
        this.message = message;
        this.delivery = delivery;
        this.unit = unit;
        this.routeIndex = routeIndex;
        this.cost = cost;
        this.order = order;
    }

    SourceRoute route() {
        return match.route;
    }

    RouteCounters counters() {
        return match.route.counters(message.qos().level());
    }

    @Override
    protected void confirmed() {
        pipeline.delivered(this);
    }

    @Override
    protected void unconfirmed(SendFailure failure) {
        pipeline.undelivered(this, failure);
    }

    @Override
    public int compareTo(Attempt other) {
        return Long.compare(order, other.order);
    }
}
