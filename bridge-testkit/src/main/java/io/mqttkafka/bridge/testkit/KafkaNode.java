package io.mqttkafka.bridge.testkit;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/** The ports, folders and configuration of one KRaft node, formatted and ready to be started in this JVM or another. */
final class KafkaNode implements AutoCloseable {

    private static final int NODE_ID = 1;

    private final TempDirectory directory = TempDirectory.create("kafka-");
    private final int port = Ports.free();
    private final Map<String, String> properties;

    private KafkaNode(Map<String, String> overrides, @Nullable FaultProxy proxy) {
        this.properties = properties(overrides, proxy);
    }

    static KafkaNode create(Map<String, String> overrides, @Nullable FaultProxy proxy) {
        KafkaNode node = new KafkaNode(overrides, proxy);
        try {
            node.format();
            return node;
        } catch (Exception e) {
            node.close();
            throw new IllegalStateException("Could not format the Kafka storage", e);
        }
    }

    TempDirectory directory() {
        return directory;
    }

    int port() {
        return port;
    }

    String bootstrapServers() {
        return Ports.LOOPBACK + ":" + port;
    }

    Map<String, String> properties() {
        return properties;
    }

    @Override
    public void close() {
        directory.close();
    }

    private Map<String, String> properties(Map<String, String> overrides, @Nullable FaultProxy proxy) {
        int controllerPort = Ports.free();
        String own = "PLAINTEXT://" + bootstrapServers();
        String listeners = own + ",CONTROLLER://" + Ports.LOOPBACK + ":" + controllerPort;
        String advertised = own;
        String protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT";
        if (proxy != null) {
            int proxiedPort = Ports.free();
            listeners += ",PROXIED://" + Ports.LOOPBACK + ":" + proxiedPort;
            advertised += ",PROXIED://" + proxy.address();
            protocols += ",PROXIED:PLAINTEXT";
            proxy.target(Ports.LOOPBACK, proxiedPort);
        }

        Map<String, String> all = new LinkedHashMap<>();
        all.put("process.roles", "broker,controller");
        all.put("node.id", Integer.toString(NODE_ID));
        all.put("controller.quorum.voters", NODE_ID + "@" + Ports.LOOPBACK + ":" + controllerPort);
        all.put("listeners", listeners);
        all.put("advertised.listeners", advertised);
        all.put("listener.security.protocol.map", protocols);
        all.put("controller.listener.names", "CONTROLLER");
        all.put("inter.broker.listener.name", "PLAINTEXT");
        all.put("log.dirs", directory.folder("data").toString());
        all.put("offsets.topic.replication.factor", "1");
        all.put("offsets.topic.num.partitions", "1");
        all.put("transaction.state.log.replication.factor", "1");
        all.put("transaction.state.log.min.isr", "1");
        all.put("transaction.state.log.num.partitions", "1");
        all.put("share.coordinator.state.topic.replication.factor", "1");
        all.put("share.coordinator.state.topic.min.isr", "1");
        all.put("share.coordinator.state.topic.num.partitions", "1");
        all.put("group.initial.rebalance.delay.ms", "0");
        all.put("log.cleaner.dedupe.buffer.size", "2097152");
        // with the default timeouts a restart waits some 10 s for the registration of the previous run to expire
        all.put("controlled.shutdown.enable", "true");
        all.put("broker.session.timeout.ms", "1000");
        all.put("broker.heartbeat.interval.ms", "100");
        all.putAll(overrides);
        return Map.copyOf(all);
    }

    private void format() throws Exception {
        String data = directory.folder("data").toString();
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                .setNodeId(NODE_ID)
                .setClusterId(Uuid.randomUuid().toString())
                .setDirectories(List.of(data))
                .setMetadataLogDirectory(data)
                .setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction())
                .run();
    }
}
