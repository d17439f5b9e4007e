package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.peers.PeerSettings;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** One peer drains one backlog into Kafka, between brokers that nobody has used before. */
final class Trial {
    private final BenchmarkOptions options;
    private final Workload workload;
    private final Peer peer;

    Trial(BenchmarkOptions options, Workload workload, Peer peer) {
        this.options = options;
        this.workload = workload;
        this.peer = peer;
    }

    /** @throws PeerFailedException if the peer ended by itself or delivered nothing */
    TrialResult run() throws IOException, InterruptedException, ExecutionException, PeerFailedException {
        try (ResourceStack resources = new ResourceStack()) {
            TemporaryDirectory directory = resources.add(new TemporaryDirectory());
            MosquittoBroker mosquitto = resources.add(startMosquitto());
            KafkaServer kafka = KafkaServer.start(resources, directory);
            TargetTopic topic = resources.add(new TargetTopic(kafka));
            topic.create();
            String clientId = "bench-" + peer.label();
            new BacklogPublisher(workload, new InetSocketAddress(Loopback.ADDRESS, mosquitto.port()))
                    .queueFor(clientId);

            DeliveryLedger ledger = new DeliveryLedger(workload);
            RecordAudit audit = resources.add(new RecordAudit(kafka, topic.partitions(), ledger));
            PeerSettings settings = new PeerSettings(
                    mosquitto.port(),
                    kafka.port(),
                    clientId,
                    Workload.MQTT_FILTER,
                    workload.qos(),
                    options.receiveMaximum(),
                    TargetTopic.NAME);
            ChildProcess process = resources.add(ChildProcess.startJava(
                    peer.label(),
                    options.classPath(peer),
                    peer.mainClass(Direction.TO_KAFKA).getName(),
                    List.of("-Xmx" + options.heap()),
                    settings.toArguments(),
                    directory));
            DrainWatch watch = new DrainWatch(topic, process);
            watch.await(audit, ledger, workload.messages(), options.drainLimit());
            process.close();
            // A peer may still have written something on its way out.
            audit.catchUp();
            return TrialResult.of(ledger, watch.first(), watch.last());
        }
    }

    /** Queues without limit, QoS 0 included, and leaves how much is under way to each client's receive maximum. */
    private static MosquittoBroker startMosquitto() {
        return MosquittoBroker.builder()
                .configLine("queue_qos0_messages true")
                .configLine("sys_interval 0")
                .start();
    }
}
