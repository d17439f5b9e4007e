package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.Ports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

/**
 * The ports, folders and configuration of one KRaft node, formatted and ready to be started in this JVM or another. It is
 * a cluster of its own, or one of several nodes of a cluster.
 */
final class KafkaNode implements AutoCloseable {

    /** A member of the quorum: its node id and the port of its controller. */
    private record Voter(int id, int controllerPort) {
        @Override
        public String toString() {
            return id + "@" + Ports.LOOPBACK + ":" + controllerPort;
        }
    }

    private final TempDirectory directory = TempDirectory.create("kafka-");
    private final int port = Ports.free();
    private final int id;
    private final Map<String, String> properties;

    private KafkaNode(Voter own, List<Voter> quorum, Map<String, String> overrides, @Nullable FaultProxy proxy) {
        this.id = own.id();
        this.properties = properties(own, quorum, overrides, proxy);
    }

    static KafkaNode create(Map<String, String> overrides, @Nullable FaultProxy proxy) {
        return create(1, overrides, proxy).get(0);
    }

    /** Creates the nodes of one cluster, with ids from 1 on. */
    static List<KafkaNode> create(int nodes, Map<String, String> overrides, @Nullable FaultProxy proxy) {
        List<Voter> quorum = IntStream.rangeClosed(1, nodes)
                .mapToObj(id -> new Voter(id, Ports.free()))
                .toList();
        List<KafkaNode> created = new ArrayList<>();
        String clusterId = Uuid.randomUuid().toString();
        try {
            for (Voter voter : quorum) {
                KafkaNode node = new KafkaNode(voter, quorum, overrides, proxy);
                created.add(node);
                node.format(clusterId);
            }
            return created;
        } catch (Exception e) {
            created.forEach(KafkaNode::close);
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

    private Map<String, String> properties(
            Voter own, List<Voter> quorum, Map<String, String> overrides, @Nullable FaultProxy proxy) {
        String plain = "PLAINTEXT://" + bootstrapServers();
        String listeners = plain + ",CONTROLLER://" + Ports.LOOPBACK + ":" + own.controllerPort();
        String advertised = plain;
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
        all.put("node.id", Integer.toString(id));
        all.put("controller.quorum.voters", quorum.stream().map(Voter::toString).collect(Collectors.joining(",")));
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

    private void format(String clusterId) throws Exception {
        String data = directory.folder("data").toString();
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                .setNodeId(id)
                .setClusterId(clusterId)
                .setDirectories(List.of(data))
                .setMetadataLogDirectory(data)
                .setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction())
                .run();
    }
}
