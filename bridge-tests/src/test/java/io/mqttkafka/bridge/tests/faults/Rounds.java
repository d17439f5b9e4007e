package io.mqttkafka.bridge.tests.faults;

import java.util.stream.IntStream;

/** How much there is of the tests of this package: {@code -Dbridge.rounds=10} repeats each with new brokers. Default: once. */
final class Rounds {

    /** Where the classes that are repeated find {@link #all()}. */
    static final String ALL = "io.mqttkafka.bridge.tests.faults.Rounds#all";

    /** How many messages per second: fewer in the build, where other tests run beside these, than with {@code -Pchaos}. */
    static final int PER_SECOND = Integer.getInteger("bridge.rate", 1_500);

    private Rounds() {}

    static IntStream all() {
        return IntStream.rangeClosed(1, Integer.getInteger("bridge.rounds", 1));
    }
}
