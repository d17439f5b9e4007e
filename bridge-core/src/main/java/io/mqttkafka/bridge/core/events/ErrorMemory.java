package io.mqttkafka.bridge.core.events;

import io.mqttkafka.bridge.LastError;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Remembers what went wrong last, when, and whether it is over. Thread-safe. */
public final class ErrorMemory {
    private final InstantSource clock;
    private volatile @Nullable LastError last;

    /**
     * Makes it, with nothing to remember.
     *
     * @param clock says when
     */
    public ErrorMemory(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Remembers an error.
     *
     * @param cause in words
     */
    public void note(String cause) {
        last = new LastError(cause, clock.instant(), false);
    }

    /** Says whether there is an error that is not over. Cheap enough to be asked for each message. */
    public boolean standing() {
        LastError now = last;
        return now != null && !now.over();
    }

    /** Notes that it is over. */
    public void over() {
        LastError now = last;
        if (now != null && !now.over()) {
            last = new LastError(now.cause(), now.at(), true);
        }
    }

    /**
     * Returns the last error.
     *
     * @return the error; null if there was none
     */
    public @Nullable LastError last() {
        return last;
    }
}
