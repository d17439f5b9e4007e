package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A single Kafka node, broker and controller, in a JVM of its own. Not the testkit's, which is made to start fast: with a
 * small heap and the quick compiler only.
 */
final class KafkaServer {
    private static final int NODE_ID = 1;
    private static final String HEAP = "1g";
    private static final String CONTROLLER_LISTENER = "CONTROLLER";

    private final int port;

    private KafkaServer(int port) {
        this.port = port;
    }

    static KafkaServer start(ResourceStack resources, TemporaryDirectory directory)
            throws IOException, InterruptedException {
        int port = Loopback.freePort();
        Path data = directory.resolve("kafka-data");
        Path configuration = directory.resolve("kafka.properties");
        Files.writeString(configuration, properties(port, Loopback.freePort(), data));
        format(data.toString());
        ChildProcess process = resources.add(ChildProcess.startJava(
                "kafka",
                "kafka.Kafka",
                List.of("-Xms" + HEAP, "-Xmx" + HEAP),
                List.of(configuration.toString()),
                directory));
        Loopback.awaitListening(process, port);
        return new KafkaServer(port);
    }

    int port() {
        return port;
    }

    String bootstrapServers() {
        return Loopback.ADDRESS + ":" + port;
    }

    private static void format(String data) {
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                    .setNodeId(NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setDirectories(List.of(data))
                    .setMetadataLogDirectory(data)
                    .setControllerListenerName(CONTROLLER_LISTENER)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .run();
        } catch (Exception e) {
            throw new IllegalStateException("Could not format Kafka's storage", e);
        }
    }

    private static String properties(int port, int controllerPort, Path data) {
        return """
                process.roles=broker,controller
                node.id=%5$d
                controller.quorum.voters=%5$d@%1$s:%3$d
                controller.listener.names=%6$s
                listeners=PLAINTEXT://%1$s:%2$d,%6$s://%1$s:%3$d
                advertised.listeners=PLAINTEXT://%1$s:%2$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,%6$s:PLAINTEXT
                inter.broker.listener.name=PLAINTEXT
                log.dirs=%4$s
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                group.initial.rebalance.delay.ms=0
                """.formatted(Loopback.ADDRESS, port, controllerPort, data, NODE_ID, CONTROLLER_LISTENER);
    }
}
