package io.mqttkafka.bridge.testkit.fake.mqtt;

/** The time the broker lives by: a clock and things to do later, none of which run on the caller's call. */
interface Timers {

    /** What cancels a timer; does nothing once it has run. */
    @FunctionalInterface
    interface Timer {

        /** A timer that has nothing to cancel. */
        Timer NONE = () -> {};

        void cancel();
    }

    /** Returns the time in nanoseconds since some fixed moment. */
    long nanos();

    /** Runs an action when this time is over, one at a time with all else the broker does. */
    Timer after(long delayNanos, Runnable action);
}
