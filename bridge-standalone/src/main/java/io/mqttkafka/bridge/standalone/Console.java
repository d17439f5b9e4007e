package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.standalone.config.Problem;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the program prints: what happens on one stream, what is wrong on the other. Thread-safe. */
record Console(PrintWriter out, PrintWriter err) {
    /** Says what happens, and when. */
    void say(String line) {
        print(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line);
    }

    /** Prints a result. */
    void print(String text) {
        out.println(text);
        out.flush();
    }

    /** Prints what is wrong with a file, a line for each. */
    void print(List<Problem> problems) {
        problems.forEach(err::println);
        err.flush();
    }

    /** Says what is wrong. */
    void complain(@Nullable String line) {
        err.println("mqtt-kafka-bridge: " + line);
        err.flush();
    }
}
