package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.session.Delivery;
import org.jspecify.annotations.Nullable;

/** What the pipeline tells the runner that feeds it. Thread-safe. */
interface PipelineEvents {
    /** The last route is done with a message. */
    void settled(Delivery delivery);

    /** Every route has come to a result for a message that goes by a transaction. */
    void complete(TransactionUnit unit);

    /** A message cannot be settled on this connection, nor any that came after it; the sink is broken. */
    void redeliver(@Nullable Delivery delivery, Throwable cause);

    /** A route has to stop because of a message. */
    void stop(SourceRoute route, @Nullable String mqttTopic, Throwable cause);

    /** A lane has something to do. */
    void wakeLanes();
}
