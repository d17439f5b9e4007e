package io.mqttkafka.bridge.testkit.faults;

import java.util.stream.IntStream;

/** How often the classes of this package run: {@code -Dbridge.rounds=10} repeats each with new brokers. Default: once. */
final class Rounds {

    /** Where the classes that are repeated find {@link #all()}. */
    static final String ALL = "io.mqttkafka.bridge.testkit.faults.Rounds#all";

    private Rounds() {}

    static IntStream all() {
        return IntStream.rangeClosed(1, Integer.getInteger("bridge.rounds", 1));
    }
}
