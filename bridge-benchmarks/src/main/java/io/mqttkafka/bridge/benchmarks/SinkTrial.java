package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.peers.PeerSettings;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** One peer takes one backlog from Kafka to MQTT, between brokers that nobody has used before. */
final class SinkTrial {
    private final BenchmarkOptions options;
    private final Workload workload;
    private final Peer peer;

    SinkTrial(BenchmarkOptions options, Workload workload, Peer peer) {
        this.options = options;
        this.workload = workload;
        this.peer = peer;
    }

    /** @throws PeerFailedException if the peer ended by itself or delivered nothing */
    TrialResult run() throws IOException, InterruptedException, ExecutionException, PeerFailedException {
        try (ResourceStack resources = new ResourceStack()) {
            TemporaryDirectory directory = resources.add(new TemporaryDirectory());
            // Without delays of its own: MosquittoBroker sets set_tcp_nodelay.
            MosquittoBroker mosquitto = resources.add(
                    MosquittoBroker.builder().configLine("sys_interval 0").start());
            KafkaServer kafka = KafkaServer.start(resources, directory);
            TargetTopic topic = resources.add(new TargetTopic(kafka));
            topic.create();
            new BacklogProducer(workload, kafka).fill();

            DeliveryLedger ledger = new DeliveryLedger(workload);
            CountingSubscriber subscriber = resources.add(CountingSubscriber.start(
                    new InetSocketAddress(Loopback.ADDRESS, mosquitto.port()), workload, ledger));
            PeerSettings settings = new PeerSettings(
                    mosquitto.port(),
                    kafka.port(),
                    "bench-" + peer.label(),
                    Workload.MQTT_FILTER,
                    workload.qos(),
                    options.receiveMaximum(),
                    TargetTopic.NAME);
            ChildProcess process = resources.add(ChildProcess.startJava(
                    peer.label(),
                    options.classPath(peer),
                    peer.mainClass(Direction.TO_MQTT).getName(),
                    List.of("-Xmx" + options.heap()),
                    settings.toArguments(),
                    directory));
            ArrivalWatch watch = new ArrivalWatch(subscriber, process);
            watch.await(workload.messages(), options.drainLimit());
            process.close();
            subscriber.close();
            return TrialResult.of(ledger, watch.first(), watch.last());
        }
    }
}
