package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counts what became of the messages of one route and one QoS. Thread-safe. */
public final class RouteCounters {
    public final LongAdder received = new LongAdder();
    public final LongAdder delivered = new LongAdder();
    public final LongAdder acknowledged = new LongAdder();
    public final LongAdder deadLettered = new LongAdder();
    public final LongAdder filtered = new LongAdder();
    public final LongAdder skipped = new LongAdder();
    public final LongAdder shed = new LongAdder();
    public final LongAdder expired = new LongAdder();
    public final LongAdder retries = new LongAdder();
    public final LongAdder unheard = new LongAdder();
    public final LongAdder looped = new LongAdder();

    public RouteCounts snapshot() {
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
