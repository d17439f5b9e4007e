package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * A bridge that runs until it is told to end by a signal, or passes the place where it is to halt. Each line of its input
 * is such a {@link Halt}; the first, which can be empty, comes before the bridge starts.
 */
final class BridgeProcessMain {

    /** What it prints when the bridge has started. */
    static final String RUNNING = "The bridge is running";

    /** What it prints when it knows where to halt. */
    static final String ARMED = "The bridge will halt at ";

    private BridgeProcessMain() {}

    /** Starts the bridge that {@link Setup#args()} or {@link CommandSetup#args()} describe. */
    public static void main(String[] args) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        Halting halting = new Halting();
        halting.arm(input.readLine());
        Bridge bridge = CommandSetup.describes(args)
                ? CommandSetup.parse(args).build(halting)
                : Setup.parse(args).build(halting);
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        System.out.println(RUNNING);
        String line;
        while ((line = input.readLine()) != null) {
            halting.arm(line);
        }
        // Whoever started it has gone.
        System.exit(0);
    }

    private static final class Halting implements Failpoints {

        private Halt halt;
        private int left;

        synchronized void arm(String line) {
            if (line != null && !line.isEmpty()) {
                halt = Halt.parse(line);
                left = halt.pass();
                System.out.println(ARMED + line);
            }
        }

        @Override
        public synchronized void pass(Failpoint point) {
            if (halt != null && halt.point() == point && --left == 0) {
                Runtime.getRuntime().halt(halt.exitCode());
            }
        }
    }
}
