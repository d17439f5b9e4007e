package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counts what becomes of the messages of one route and one QoS, and how long it takes. Thread-safe. */
public final class RouteMeter {
    private final DeliveryTimer timer;
    private final LongAdder received = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder deadLettered = new LongAdder();
    private final LongAdder filtered = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder shed = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder unheard = new LongAdder();
    private final LongAdder looped = new LongAdder();

    /**
     * Makes a meter that has counted nothing.
     *
     * @param timer measures the messages of the route, of whatever QoS
     */
    public RouteMeter(DeliveryTimer timer) {
        this.timer = timer;
    }

    /** A message has come. */
    public void received() {
        received.increment();
    }

    /** The other side has taken a message over. */
    public void delivered() {
        delivered.increment();
    }

    /** Messages have been acknowledged to where they came from. */
    public void acknowledged(long messages) {
        acknowledged.add(messages);
    }

    /**
     * The way of a message has ended with its acknowledgement.
     *
     * @param sinceNanos when it was received, by the clock of the bridge
     * @param nowNanos the time, by the same clock
     */
    public void took(long sinceNanos, long nowNanos) {
        timer.acknowledged(sinceNanos, nowNanos);
    }

    /** A message has become a dead letter. */
    public void deadLettered() {
        deadLettered.increment();
    }

    /** A filter has refused a message. */
    public void filtered() {
        filtered.increment();
    }

    /** A message that failed was left out. */
    public void skipped() {
        skipped.increment();
    }

    /** A message of QoS 0 was thrown away. */
    public void shed() {
        shed.increment();
    }

    /** A message has expired. */
    public void expired() {
        expired.increment();
    }

    /** A message is to be tried again. */
    public void retried() {
        retries.increment();
    }

    /** Nobody subscribed to a message. */
    public void unheard() {
        unheard.increment();
    }

    /** A message was stopped that would go round in circles. */
    public void looped() {
        looped.increment();
    }

    /** Takes a snapshot of the counts. */
    public RouteCounts counts() {
        return RouteCounts.builder()
                .received(received.sum())
                .delivered(delivered.sum())
                .acknowledged(acknowledged.sum())
                .deadLettered(deadLettered.sum())
                .filtered(filtered.sum())
                .skipped(skipped.sum())
                .shed(shed.sum())
                .expired(expired.sum())
                .retries(retries.sum())
                .unheard(unheard.sum())
                .looped(looped.sum())
                .build();
    }
}
