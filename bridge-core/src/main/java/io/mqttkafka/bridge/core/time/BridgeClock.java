package io.mqttkafka.bridge.core.time;

import java.time.InstantSource;

/**
 * The time that a bridge lives by where it waits of its own accord: delays before the next connection, before a message is
 * tried again, and the expiry of messages. What guards against others that do not answer goes by the machine's time.
 *
 * <p>Implementations must be thread-safe.
 */
public interface BridgeClock extends InstantSource {
    /** The machine's time. */
    BridgeClock SYSTEM = new SystemClock();

    /**
     * Returns a time that never goes back.
     *
     * @return nanoseconds since some fixed moment, to be compared by their difference
     */
    long nanos();

    /**
     * Waits until a moment, or until the monitor is notified, or for no reason; returns at once if the moment has come.
     *
     * @param monitor what to wait on, held by the caller
     * @param untilNanos the moment, by {@link #nanos()}
     * @throws InterruptedException if the thread was interrupted
     */
    void await(Object monitor, long untilNanos) throws InterruptedException;

    /**
     * Does the same as {@link #await} for what a bridge does over and over while nothing happens: a test that asks for the next
     * pause of the bridge does not mean this one.
     *
     * @param monitor what to wait on, held by the caller
     * @param untilNanos the moment, by {@link #nanos()}
     * @throws InterruptedException if the thread was interrupted
     */
    default void awaitRound(Object monitor, long untilNanos) throws InterruptedException {
        await(monitor, untilNanos);
    }

    /**
     * Parks the thread until a moment, until it is unparked or interrupted, or for no reason; returns at once if the moment
     * has come.
     *
     * @param blocker what the thread belongs to
     * @param untilNanos the moment, by {@link #nanos()}
     */
    void park(Object blocker, long untilNanos);

    /**
     * Wakes somebody who waits for a moment, but looks at the machine's time only; does nothing if that is the same.
     *
     * @param atNanos the moment, by {@link #nanos()}
     * @param wake wakes him; does not wait, and takes no lock that is held during the call
     */
    void remind(long atNanos, Runnable wake);
}
