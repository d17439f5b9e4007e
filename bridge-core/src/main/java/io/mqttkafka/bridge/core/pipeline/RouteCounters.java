package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counts what became of the messages of one route and one QoS. Thread-safe. */
final class RouteCounters {
    final LongAdder received = new LongAdder();
    final LongAdder delivered = new LongAdder();
    final LongAdder acknowledged = new LongAdder();
    final LongAdder deadLettered = new LongAdder();
    final LongAdder filtered = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final LongAdder shed = new LongAdder();
    final LongAdder expired = new LongAdder();
    final LongAdder retries = new LongAdder();
    final LongAdder unheard = new LongAdder();
    final LongAdder looped = new LongAdder();

    RouteCounts snapshot() {
        return new RouteCounts(
                received.sum(),
                delivered.sum(),
                acknowledged.sum(),
                deadLettered.sum(),
                filtered.sum(),
                skipped.sum(),
                shed.sum(),
                expired.sum(),
                retries.sum(),
                unheard.sum(),
                looped.sum());
    }
}
