package io.mqttkafka.bridge.core.time;

import java.util.concurrent.locks.LockSupport;

/**
 * Has one thread look again: any other raises it, and the thread sleeps on it when there is nothing to do. To raise it costs a
 * read if the thread is going to look anyway.
 *
 * <p>The thread lowers it before it looks, so that what comes while it looks is not overlooked.
 */
public final class WakeUp {
    private final Thread sleeper;
    private volatile boolean raised;
    private volatile boolean over;

    /**
     * Makes one that is not raised.
     *
     * @param sleeper the thread that looks
     */
    public WakeUp(Thread sleeper) {
        this.sleeper = sleeper;
    }

    /** Has the thread look, unless it is going to anyway. */
    public void raise() {
        if (!raised) {
            hurry();
        }
    }

    /** Has the thread look now, also if it only lets more gather. */
    public void hurry() {
        raised = true;
        LockSupport.unpark(sleeper);
    }

    /** Says whether there may be something that has not been looked at. */
    public boolean isRaised() {
        return raised;
    }

    /** Notes that the thread looks next. By the thread. */
    public void lower() {
        raised = false;
    }

    /** Notes that the thread looks again of its own accord. By the thread. */
    public void keepRaised() {
        raised = true;
    }

    /** Has the thread end. */
    public void end() {
        over = true;
        LockSupport.unpark(sleeper);
    }

    /** Says whether the thread is to end. */
    public boolean isOver() {
        return over;
    }

    /**
     * Sleeps until it is raised or over, or sooner now and then. By the thread.
     *
     * @param blocker what it waits in, for thread dumps
     */
    public void await(Object blocker) {
        if (!raised && !over) {
            LockSupport.park(blocker);
        }
    }
}
