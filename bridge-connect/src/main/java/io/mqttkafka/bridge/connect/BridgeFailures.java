package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.error.BridgeException;
import java.time.Duration;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;

/** Fails a task whose bridge has failed, with the bridge's words. */
final class BridgeFailures {
    private BridgeFailures() {}

    /**
     * Looks at a bridge.
     *
     * @throws ConnectException if it has failed; the message names the cause
     */
    static void require(@Nullable Bridge bridge) {
        if (bridge == null || bridge.state() != BridgeState.FAILED) {
            return;
        }
        try {
            bridge.awaitClosed(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BridgeException e) {
            throw new ConnectException(e.getMessage(), e);
        }
        throw new ConnectException("the bridge of this task has failed; see the log");
    }
}
