package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.peers.PeerSettings;
import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * How long does a message take from its PUBLISH until a {@code read_committed} consumer has it, at a steady rate?
 *
 * <pre>{@code
 * mvn -q -Pbenchmark -pl bridge-benchmarks -am compile \
 *     -Dbenchmark.main=io.mqttkafka.bridge.benchmarks.LatencyBenchmark -Dbenchmark.args="3000 20"
 * }</pre>
 *
 * <p>The arguments are the messages per second (3000) and the seconds that are measured (20), after ten that are not. Each of
 * QoS 1 and 2 gets a new mosquitto and a new Kafka. A message counts from the moment when it was due to be sent, so that a
 * publisher that is held up does not hide what held it up. Publisher, brokers, bridge and consumer share the machine, and the
 * publisher's own handshake with mosquitto is in the figure. Linux only.
 */
public final class LatencyBenchmark {
    private static final int WARM_UP_SECONDS = 10;
    private static final int PAYLOAD_BYTES = 100;
    private static final int RECEIVE_MAXIMUM = 4096;
    private static final long BURST_NANOS = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] TOPIC = Workload.mqttTopic(0).getBytes(StandardCharsets.UTF_8);

    private final int qos;
    private final int rate;
    private final int messages;
    private final long[] nanos;

    private LatencyBenchmark(int qos, int rate, int seconds) {
        this.qos = qos;
        this.rate = rate;
        messages = rate * (WARM_UP_SECONDS + seconds);
        nanos = new long[rate * seconds];
    }

    /** Runs the benchmark and prints one line for each QoS. */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        int rate = args.length > 0 ? Integer.parseInt(args[0]) : 3_000;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        for (int qos = 1; qos <= 2; qos++) {
            new LatencyBenchmark(qos, rate, seconds).run();
        }
    }

    private void run() throws IOException, InterruptedException, ExecutionException {
        try (ResourceStack resources = new ResourceStack()) {
            TemporaryDirectory directory = resources.add(new TemporaryDirectory());
            MosquittoBroker mosquitto = resources.add(MosquittoBroker.builder()
                    .configLine("set_tcp_nodelay true")
                    .configLine("sys_interval 0")
                    .start());
            InetSocketAddress broker = new InetSocketAddress(Loopback.ADDRESS, mosquitto.port());
            KafkaServer kafka = KafkaServer.start(resources, directory);
            TargetTopic topic = resources.add(new TargetTopic(kafka));
            topic.create();
            String clientId = "latency";
            try (MqttSocket session = MqttSocket.connect(broker, clientId, RECEIVE_MAXIMUM)) {
                session.subscribe(Workload.MQTT_FILTER, qos);
                session.disconnect();
            }
            PeerSettings settings = new PeerSettings(
                    mosquitto.port(),
                    kafka.port(),
                    clientId,
                    Workload.MQTT_FILTER,
                    qos,
                    RECEIVE_MAXIMUM,
                    TargetTopic.NAME);
            resources.add(ChildProcess.startJava(
                    "bridge",
                    Peer.OURS.mainClass(Direction.TO_KAFKA).getName(),
                    List.of("-Xmx256m"),
                    settings.toArguments(),
                    directory));
            CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publish(broker));
            consume(kafka, topic);
            publishing.get();
        }
        Arrays.sort(nanos);
        System.out.printf(
                "QoS %d, %,d messages/s, %,d messages: p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms%n",
                qos, rate, nanos.length, millis(0.5), millis(0.99), millis(0.999), millis(1));
    }

    private double millis(double part) {
        return nanos[(int) Math.min(nanos.length - 1, part * nanos.length)] / 1e6;
    }

    private void publish(InetSocketAddress broker) {
        try (MqttSocket publisher = MqttSocket.connect(broker, "latency-publisher", RECEIVE_MAXIMUM)) {
            long begun = System.nanoTime();
            int sent = 0;
            while (sent < messages) {
                LockSupport.parkNanos(BURST_NANOS);
                long due = Math.min(messages, (System.nanoTime() - begun) * rate / 1_000_000_000L);
                int burst = (int) Math.min(RECEIVE_MAXIMUM, due - sent);
                publish(publisher, begun, sent, burst);
                sent += burst;
            }
            publisher.disconnect();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void publish(MqttSocket publisher, long begun, int first, int count) throws IOException {
        FrameWriter frames = new FrameWriter();
        for (int i = 0; i < count; i++) {
            long due = begun + (first + i) * 1_000_000_000L / rate;
            byte[] payload = ByteBuffer.allocate(PAYLOAD_BYTES)
                    .putInt(first + i)
                    .putLong(due)
                    .array();
            frames.publish(qos, i + 1, TOPIC, payload);
        }
        frames.flushTo(publisher.output());
        if (qos == 1) {
            await(publisher, PacketType.PUBACK, count);
            return;
        }
        await(publisher, PacketType.PUBREC, count);
        for (int i = 0; i < count; i++) {
            frames.acknowledgement(PacketType.PUBREL, i + 1);
        }
        frames.flushTo(publisher.output());
        await(publisher, PacketType.PUBCOMP, count);
    }

    private static void await(MqttSocket publisher, int packetType, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            publisher.reader().next();
            if (publisher.reader().packetType() != packetType) {
                throw new IOException("Expected packet type " + packetType + ", got "
                        + publisher.reader().packetType());
            }
        }
    }

    private void consume(KafkaServer kafka, TargetTopic topic) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                false);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(topic.partitions());
            consumer.seekToBeginning(topic.partitions());
            int read = 0;
            int unmeasured = messages - nanos.length;
            long deadline =
                    System.nanoTime() + PATIENCE.plusSeconds(messages / rate).toNanos();
            while (read < messages) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("Only " + read + " of " + messages + " messages came");
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    ByteBuffer payload = ByteBuffer.wrap(record.value());
                    int number = payload.getInt();
                    if (number >= unmeasured) {
                        nanos[number - unmeasured] = System.nanoTime() - payload.getLong();
                    }
                    read++;
                }
            }
        }
    }
}
