package io.mqttkafka.bridge.testkit.junit;

import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one test has: its fakes, made when they are asked for, and its bridges. Thread-safe. */
final class TestScope implements AutoCloseable {

    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final ThreadWatch threads;
    private final FakesSetup setup;
    private final BridgeStarter bridges;

    // guarded by this
    private @Nullable FakeMqttBroker mqtt;
    private @Nullable FakeKafka kafka;

    TestScope(ThreadWatch threads, FakesSetup setup, MqttVersion version) {
        this.threads = threads;
        this.setup = setup;
        bridges = new BridgeStarter(this::mqtt, this::kafka, setup.clock() != null, version);
    }

    synchronized FakeMqttBroker mqtt() {
        FakeMqttBroker broker = mqtt;
        if (broker == null) {
            broker = setup.startMqtt();
            mqtt = broker;
        }
        return broker;
    }

    synchronized FakeKafka kafka() {
        FakeKafka broker = kafka;
        if (broker == null) {
            broker = setup.startKafka();
            kafka = broker;
        }
        return broker;
    }

    @Nullable
    ManualClock clock() {
        return setup.clock();
    }

    BridgeStarter bridges() {
        return bridges;
    }

    /** Closes the bridges and returns in words what is left behind, having waited for there to be nothing. */
    List<String> leftBehind(Set<BridgeCheck> checks, Duration patience) {
        List<String> findings = new ArrayList<>();
        if (checks.contains(BridgeCheck.FAULTS)) {
            neverHappened().forEach(fault -> findings.add("a fault that has never happened: " + fault));
        }
        if (checks.contains(BridgeCheck.UNACKNOWLEDGED)) {
            // Before the bridges are closed: what is sent to nobody need not be acknowledged.
            findings.addAll(afterPatience(patience, this::unacknowledged));
        }
        bridges.close();
        if (checks.contains(BridgeCheck.CONNECTIONS)) {
            findings.addAll(afterPatience(patience, this::open));
        }
        if (checks.contains(BridgeCheck.THREADS)) {
            List<String> living = afterPatience(patience, threads::living);
            living.forEach(thread -> findings.add("a thread that runs: " + thread));
        }
        return findings;
    }

    /** Returns the packet log and the records of Kafka, without payloads. */
    synchronized String report() {
        StringBuilder report = new StringBuilder();
        if (mqtt != null) {
            report.append("Latest packets at the fake MQTT broker (<- from the client):\n")
                    .append(mqtt.packetLog())
                    .append('\n');
            mqtt.violations().forEach(violation -> report.append("against the rules: ")
                    .append(violation)
                    .append('\n'));
            String faults = mqtt.faults().summary();
            if (!faults.isEmpty()) {
                report.append("Faults at the fake MQTT broker:\n")
                        .append(faults)
                        .append('\n');
            }
        }
        if (kafka != null) {
            report.append("The fake Kafka has:\n").append(kafka.summary()).append('\n');
        }
        List<String> never = neverHappened();
        if (!never.isEmpty()) {
            report.append("Faults that have never happened:\n")
                    .append(String.join("\n", never))
                    .append('\n');
        }
        return report.toString();
    }

    @Override
    public synchronized void close() {
        try {
            bridges.close();
        } finally {
            threads.end();
            if (kafka != null) {
                kafka.close();
            }
            if (mqtt != null) {
                mqtt.close();
            }
        }
    }

    private synchronized List<String> neverHappened() {
        List<String> faults = new ArrayList<>();
        if (mqtt != null) {
            faults.addAll(mqtt.faults().neverHappened());
        }
        if (kafka != null) {
            faults.addAll(kafka.faults().neverHappened());
        }
        return faults;
    }

    private synchronized List<String> unacknowledged() {
        FakeMqttBroker broker = mqtt;
        List<String> findings = new ArrayList<>();
        if (broker != null) {
            for (String clientId : broker.connectedClients()) {
                List<PublishPacket> messages = broker.unacknowledged(clientId);
                if (!messages.isEmpty()) {
                    findings.add("%d messages that '%s' has not acknowledged, though it is connected; the first to '%s'"
                            .formatted(
                                    messages.size(), clientId, messages.get(0).topic()));
                }
            }
        }
        return findings;
    }

    private synchronized List<String> open() {
        List<String> findings = new ArrayList<>();
        if (mqtt != null) {
            mqtt.openConnections()
                    .forEach(socket -> findings.add("a connection open at the fake MQTT broker: " + socket));
        }
        if (kafka != null && kafka.clients() > 0) {
            findings.add("%d producers and consumers of the fake Kafka that are not closed".formatted(kafka.clients()));
        }
        return findings;
    }

    private static List<String> afterPatience(Duration patience, Supplier<List<String>> look) {
        long deadline = System.nanoTime() + patience.toNanos();
        List<String> findings = look.get();
        while (!findings.isEmpty()
                && System.nanoTime() - deadline < 0
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(INTERVAL_NANOS);
            findings = look.get();
        }
        return findings;
    }
}
