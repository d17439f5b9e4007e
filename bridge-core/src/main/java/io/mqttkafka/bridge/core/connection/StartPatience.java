package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.kafka.KafkaAway;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries a step of the start again while Kafka is away and there is time left. */
public final class StartPatience {
    private static final Logger log = LoggerFactory.getLogger(StartPatience.class);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private StartPatience() {}

    /**
     * Does a step, if need be again and again.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @param step does it within the time it is given, or throws and leaves nothing behind
     * @throws BridgeStartException what the step met with last
     */
    public static void retry(long deadlineNanos, Consumer<Duration> step) {
        while (true) {
            try {
                step.accept(ConnectionSupervisor.remaining(deadlineNanos));
                return;
            } catch (BridgeStartException e) {
                boolean late = deadlineNanos - System.nanoTime() <= PAUSE_NANOS;
                if (late || Thread.currentThread().isInterrupted() || !KafkaAway.isCauseOf(e)) {
                    throw e;
                }
                log.debug("Kafka is away; the start goes on in a moment", e);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
