package io.mqttkafka.bridge.testkit.faults;

import io.mqttkafka.bridge.Bridge;
import java.util.concurrent.CountDownLatch;

/** A bridge that runs until it is told to end by a signal. */
final class BridgeProcessMain {

    /** What it prints when the bridge has started. */
    static final String RUNNING = "The bridge is running";

    private BridgeProcessMain() {}

    /** Starts the bridge that {@link Setup#args()} describe. */
    public static void main(String[] args) throws InterruptedException {
        Bridge bridge = Setup.parse(args).build();
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            bridge.close();
            stop.countDown();
        }));
        bridge.start();
        System.out.println(RUNNING);
        stop.await();
    }
}
