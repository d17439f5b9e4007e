package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.session.SendPace;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The pauses that an MQTT broker asks for by refusing messages that it has no room for now: when they end, and what is said of
 * them. For the thread that watches the connection.
 */
final class SendPauses {
    private static final long TELL_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** How many pauses in a row that led to nothing are a trouble, rather than a broker that is busy: some 4 s. */
    private static final int MANY_IN_VAIN = 4;

    private static final String MEND =
            "raise what it allows this client (messages a second, receive maximum, space of its own), or publish less";

    private final String clientId;
    private final BridgeClock clock;
    private final Logger log;
    private final SendPace pace = new SendPace(this::begin);

    private volatile boolean pausing;
    private volatile long endNanos;

    private long told;
    private long toldNanos;
    private boolean toldInVain;

    SendPauses(String clientId, BridgeClock clock, Logger log) {
        this.clientId = clientId;
        this.clock = clock;
        this.log = log;
    }

    /** Returns the pace that the sessions of the connection keep to. */
    SendPace pace() {
        return pace;
    }

    /** By any thread, with a session locked. */
    private void begin() {
        endNanos = clock.nanos() + pace.pause().toNanos();
        pausing = true;
    }

    /** Ends a pause that is over; whether the sessions are to be resumed. */
    boolean end() {
        if (!pausing || endNanos - clock.nanos() > 0) {
            return false;
        }
        pausing = false;
        pace.resume();
        return true;
    }

    /** Says in words that the broker asks for patience and takes nothing, and the mend; null if that is not so. */
    @Nullable
    String trouble() {
        return pace.pausesInVain() < MANY_IN_VAIN
                ? null
                : "the MQTT broker has no room for messages (quota exceeded, 0x97) and has taken none for "
                        + pace.pausesInVain() + " attempts: " + MEND;
    }

    /** Tells of it: at the first time, then once a minute, and when it becomes a trouble; returns what it told, or null. */
    @Nullable
    String tell(long nowNanos) {
        long refusals = pace.refusals();
        String trouble = trouble();
        if (trouble == null) {
            toldInVain = false;
        }
        boolean due = refusals > told && (told == 0 || nowNanos - toldNanos > TELL_AGAIN_NANOS);
        if (!due && (trouble == null || toldInVain)) {
            return null;
        }
        String text = trouble != null
                ? trouble
                : "the MQTT broker has asked for patience " + (refusals - told)
                        + " times; messages leave slower, in order, and none is given up; if that lasts: " + MEND;
        log.warn("'{}': {}", clientId, text);
        told = refusals;
        toldNanos = nowNanos;
        toldInVain = trouble != null;
        return text;
    }
}
