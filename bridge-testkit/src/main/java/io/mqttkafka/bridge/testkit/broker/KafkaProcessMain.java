package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Sockets;
import java.io.IOException;

/** What {@link KafkaProcess} runs: Kafka, for as long as the JVM that started it lives. */
final class KafkaProcessMain {

    private KafkaProcessMain() {}

    /** Takes Kafka's own arguments. */
    public static void main(String[] args) {
        Sockets.daemon("parent-watch", KafkaProcessMain::endWithParent).start();
        kafka.Kafka.main(args);
    }

    // The parent holds the other end of standard input and never writes: it ends when the parent does, even if that was
    // killed.
    static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // nothing is expected
            }
        } catch (IOException ignored) {
            // as good as the end of the stream
        }
        Runtime.getRuntime().halt(1);
    }
}
