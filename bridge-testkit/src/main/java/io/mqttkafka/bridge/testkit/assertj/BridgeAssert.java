package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeState;
import java.time.Duration;
import java.util.function.Predicate;
import org.assertj.core.api.AbstractAssert;

/** Assertions about how a bridge is. Not thread-safe. */
public final class BridgeAssert extends AbstractAssert<BridgeAssert, Bridge> {

    private Duration patience = BridgeAssertions.PATIENCE;

    BridgeAssert(Bridge bridge) {
        super(bridge, BridgeAssert.class);
    }

    /** Sets how long the assertions that follow wait for what they assert. Default: {@link BridgeAssertions#PATIENCE}. */
    public BridgeAssert within(Duration longest) {
        patience = longest;
        return this;
    }

    /** Waits until this holds of the bridge's health. */
    public BridgeAssert eventually(Predicate<BridgeHealth> holds) {
        return eventually("something else", holds);
    }

    /**
     * Waits until this holds of the bridge's health.
     *
     * @param what what it is, to be read in the message of a failure
     * @param holds whether it holds
     */
    public BridgeAssert eventually(String what, Predicate<BridgeHealth> holds) {
        isNotNull();
        if (!Eventually.holds(patience, () -> holds.test(actual.health()))) {
            failWithMessage("Expected of the bridge: %s, but it is %s", what, actual.health());
        }
        return this;
    }

    /** Waits until the bridge is in this state. */
    public BridgeAssert eventuallyIs(BridgeState state) {
        return eventually(state.toString(), health -> health.state() == state);
    }

    /** Waits until everything of the bridge works. */
    public BridgeAssert eventuallyHealthy() {
        return eventually("healthy", BridgeHealth::healthy);
    }
}
