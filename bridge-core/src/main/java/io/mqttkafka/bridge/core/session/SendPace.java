package io.mqttkafka.bridge.core.session;

import java.time.Duration;

/**
 * How fast messages leave on one connection: as fast as they can, until the MQTT broker asks for patience. Then nothing leaves
 * for a while, and afterwards fewer messages are on their way at a time, which become more again as they are taken over.
 *
 * <p>Thread-safe.
 */
public final class SendPace {
    /** What a broker answers to a message that it has no room for now: PUBACK or PUBREC with this reason. */
    static final int QUOTA_EXCEEDED = 0x97;

    private static final int UNLIMITED = 65_535;
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final int MOST_DOUBLINGS = 5;

    private final Runnable paused;

    private int window = UNLIMITED;
    private boolean pausing;
    private int accepted;
    private int pausesInVain;
    private long refusals;

    /** Whether anything differs from full speed, so that the usual case needs no lock. */
    private volatile boolean slow;

    /**
     * Makes one of full speed.
     *
     * @param paused called when a pause begins; {@link #resume} is to end it. With locks held: it must neither block nor call
     *     back
     */
    public SendPace(Runnable paused) {
        this.paused = paused;
    }

    /** Makes one that nobody ends the pauses of, for tests. */
    SendPace() {
        this(() -> {});
    }

    /**
     * Says how many messages may be on their way.
     *
     * @param most how many the broker and the options allow
     * @return at most that; 0 in a pause
     */
    int limit(int most) {
        return slow ? slowLimit(most) : most;
    }

    private synchronized int slowLimit(int most) {
        return pausing ? 0 : Math.min(most, window);
    }

    /** Notes that the broker had no room for a message; the others of the same time are refused for the same reason. */
    synchronized void refused(int onWire) {
        refusals++;
        if (pausing) {
            return;
        }
        narrow(onWire);
        pausing = true;
        pausesInVain++;
        paused.run();
    }

    /**
     * Halves the number of messages on their way, because the broker has ended the connection for their sake.
     *
     * @param onWire how many there were
     */
    public synchronized void slowDown(int onWire) {
        refusals++;
        narrow(onWire);
    }

    private void narrow(int onWire) {
        window = Math.max(1, Math.min(window, onWire) / 2);
        accepted = 0;
        slow = true;
    }

    /** Notes that a message was taken over. */
    void accepted() {
        if (slow) {
            widen();
        }
    }

    private synchronized void widen() {
        pausesInVain = 0;
        accepted++;
        if (accepted >= window) {
            accepted = 0;
            window += Math.max(1, window / 8);
        }
        if (window >= UNLIMITED) {
            window = UNLIMITED;
            slow = pausing;
        }
    }

    /** Returns how long the present pause is to last: the longer, the more there were without one message taken over. */
    public synchronized Duration pause() {
        return Duration.ofMillis(FIRST_PAUSE_MILLIS << Math.max(0, Math.min(pausesInVain - 1, MOST_DOUBLINGS)));
    }

    /** Ends the pause; the sessions are to be {@linkplain PublishSession#resume resumed} next. */
    public synchronized void resume() {
        pausing = false;
        slow = window < UNLIMITED;
    }

    /** Counts how often the broker has asked for patience. */
    public synchronized long refusals() {
        return refusals;
    }

    /** Counts the pauses since a message was taken over. */
    public synchronized int pausesInVain() {
        return pausesInVain;
    }

    /** Shows the pace. */
    @Override
    public synchronized String toString() {
        return "SendPace[" + (pausing ? "pausing, " : "")
                + (slow ? "at most " + window + " on their way" : "full speed") + "]";
    }
}
