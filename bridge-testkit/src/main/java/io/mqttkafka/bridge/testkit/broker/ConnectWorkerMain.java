package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Sockets;
import org.apache.kafka.connect.cli.ConnectDistributed;

/** What a {@link ConnectWorker} runs that is a process: a distributed worker, for as long as the JVM that started it lives. */
final class ConnectWorkerMain {

    private ConnectWorkerMain() {}

    /** Takes the worker's own arguments. */
    public static void main(String[] args) {
        Sockets.daemon("parent-watch", KafkaProcessMain::endWithParent).start();
        ConnectDistributed.main(args);
    }
}
