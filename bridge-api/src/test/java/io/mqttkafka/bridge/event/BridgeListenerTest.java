package io.mqttkafka.bridge.event;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.mqttkafka.bridge.BridgeState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BridgeListenerTest {
    @Test
    void everyMethod_notOverridden_doesNothing() {
        var listener = new BridgeListener() {};
        var cause = new IllegalStateException();
        assertThatCode(() -> {
                    listener.onConnected(new Connected("id", "tcp://broker", true));
                    listener.onDisconnected(new Disconnected("id", "lost", null));
                    listener.onSessionLost(new SessionLost("id", 1));
                    listener.onRetry(new Retry("r", "t", 1, Duration.ZERO, cause));
                    listener.onDeadLettered(new DeadLettered("r", "t", "dead", cause));
                    listener.onSkipped(new Skipped("r", "t", cause));
                    listener.onShed(new Shed("r", 1, "full"));
                    listener.onUnrouted(new Unrouted("id", 1, "t"));
                    listener.onUnheard(new Unheard("r", 1, "t-0@0"));
                    listener.onRouteStopped(new RouteStopped("r", null, cause));
                    listener.onStalled(new Stalled("id", Duration.ZERO, 1));
                    listener.onStateChanged(new StateChanged(BridgeState.NEW, BridgeState.STARTING));
                })
                .doesNotThrowAnyException();
    }
}
