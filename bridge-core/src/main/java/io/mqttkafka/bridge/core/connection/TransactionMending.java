package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.kafka.CommitLoop;
import io.mqttkafka.bridge.core.kafka.TakenOverException;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** What becomes of transactions between two connections: whether the next one may be made, and starting them afresh until it may. */
public final class TransactionMending {
    private static final Duration RESTART_TIMEOUT = Duration.ofSeconds(30);

    private final CommitLoop<?> committer;
    private final ConnectionSupervisor supervisor;
    private final String clientId;
    private final BridgeClock clock;
    private final Logger log;

    /**
     * Mends nothing yet.
     *
     * @param committer commits the transactions
     * @param supervisor of the connection that they belong to
     * @param clientId the client id of that connection
     * @param clock the time between attempts
     * @param log the runner's
     */
    public TransactionMending(
            CommitLoop<?> committer, ConnectionSupervisor supervisor, String clientId, BridgeClock clock, Logger log) {
        this.committer = committer;
        this.supervisor = supervisor;
        this.clientId = clientId;
        this.clock = clock;
        this.log = log;
    }

    /**
     * Says why the next connection must not be made: it would take the session over from a bridge that has the identity now,
     * and acknowledge by what was known before. To be called when there is no connection.
     *
     * @return the reason, or null; the owner of the transactions has been told if there is another bridge
     */
    public @Nullable CloseReason obstacle() {
        if (committer.isBroken()) {
            // It broke after it was last looked at; that it told us is forgotten by now.
            return CloseReason.of("a transaction of Kafka's client failed", null);
        }
        try {
            committer.requireIdentity();
            return null;
        } catch (TakenOverException e) {
            return CloseReason.of("another bridge has taken the transactional id over", e);
        } catch (BridgeStartException e) {
            return CloseReason.of(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Starts transactions afresh, again and again, until nobody needs it any more.
     *
     * @param needed whether it is needed
     * @return false if the runner is to end
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean restart(BooleanSupplier needed) throws InterruptedException {
        int attempt = 0;
        Restarts unreadable = new Restarts();
        while (needed.getAsBoolean()) {
            if (!supervisor.idle(Duration.ZERO)) {
                return false;
            }
            try {
                committer.restart(RESTART_TIMEOUT);
                log.info("'{}' starts transactions afresh, from what Kafka knows", clientId);
            } catch (TakenOverException e) {
                // The owner, which has been told, ends the runner or lets no connection be made.
                return supervisor.idle(Duration.ZERO);
            } catch (BridgeStartException e) {
                if (e.getCause() instanceof IllegalArgumentException && unreadable.exhausted()) {
                    // What Kafka knows is not what we can read; Kafka itself is there.
                    supervisor.fail(e);
                    return false;
                }
                supervisor.lastError(e.getMessage());
                attempt++;
                Duration delay = supervisor.delay(attempt);
                long until = clock.nanos() + delay.toNanos();
                log.warn(
                        "'{}' cannot start transactions afresh: {}; next attempt in {} ms",
                        clientId,
                        e.getMessage(),
                        delay.toMillis());
                if (!supervisor.pauseUntil(until)) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Words why the last of several transactions has failed that all ended in the same way.
     *
     * @param cause what it met with
     * @return the message
     */
    public static String hopeless(Throwable cause) {
        return "kafka.transactions: " + Restarts.MOST
                + " transactions in a row have failed, and none came about in between (" + SafeText.withRoot(cause)
                + "); mend the cause and start the bridge again";
    }
}
