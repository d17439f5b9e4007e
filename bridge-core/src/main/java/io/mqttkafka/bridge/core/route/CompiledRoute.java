package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.LastError;
import org.jspecify.annotations.Nullable;

/** What the bridge asks of a route at work, in whichever direction it goes. Thread-safe. */
public interface CompiledRoute {
    /**
     * Returns the name of the route.
     *
     * @return the name
     */
    String name();

    /**
     * Takes a snapshot of the counts of one QoS.
     *
     * @param qosLevel 0, 1 or 2
     * @return the counts
     */
    RouteCounts counts(int qosLevel);

    /** Returns what measures how long messages take. */
    DeliveryTimer timer();

    /**
     * Returns why the route last failed to deliver a message.
     *
     * @return the error; null if there was none
     */
    @Nullable
    LastError lastError();

    /**
     * Says whether the route has stopped.
     *
     * @return whether it has
     */
    boolean stopped();
}
