package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a sender afresh between two connections, if the last one cannot be used any more. */
final class SenderMending {
    private static final Logger log = LoggerFactory.getLogger(SenderMending.class);

    private final String clientId;
    private final RecordSender sender;
    private final SourceSession session;
    private final ConnectionSupervisor supervisor;
    private volatile boolean broken;

    SenderMending(String clientId, RecordSender sender, SourceSession session, ConnectionSupervisor supervisor) {
        this.clientId = clientId;
        this.sender = sender;
        this.session = session;
        this.supervisor = supervisor;
    }

    /** Notes that the sender cannot be used any more. By any thread. */
    void broke() {
        broken = true;
    }

    /**
     * Starts it afresh if that is due.
     *
     * @param clearLanes lets go of what has been given up
     * @return false if the runner is to end
     */
    boolean mend(Runnable clearLanes) throws InterruptedException {
        boolean due = broken;
        if (due) {
            sender.breakOff();
            // Also what waits in lanes: it is of an earlier producer, and would pass what comes again.
            session.giveUpPlain();
        }
        int attempt = 0;
        while (due) {
            try {
                log.info("'{}' starts a new producer", clientId);
                sender.reset();
                due = false;
            } catch (BridgeStartException e) {
                attempt++;
                Duration delay = supervisor.delay(attempt);
                supervisor.lastError(e.getMessage());
                log.warn(
                        "'{}' cannot start a new producer: {}; next attempt in {} ms",
                        clientId,
                        e.getMessage(),
                        delay.toMillis());
                if (!supervisor.idle(delay)) {
                    return false;
                }
            }
        }
        clearLanes.run();
        // What the old producer gave up has been told by now.
        broken = false;
        return true;
    }
}
