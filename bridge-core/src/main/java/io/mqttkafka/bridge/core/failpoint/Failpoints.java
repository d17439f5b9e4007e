package io.mqttkafka.bridge.core.failpoint;

/** Is told of every {@link Failpoint} that is passed. Thread-safe. */
@FunctionalInterface
public interface Failpoints {
    /** Does nothing. */
    Failpoints NONE = point -> {};

    /**
     * A place is passed. Called by the thread that passes it.
     *
     * @param point the place
     */
    void pass(Failpoint point);
}
