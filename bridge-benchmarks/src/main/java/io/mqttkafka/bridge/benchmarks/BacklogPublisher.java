package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.benchmarks.wire.PacketType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Leaves a workload in the broker, queued for the persistent session of a client that is away. */
final class BacklogPublisher {
    private static final int MAX_CHUNK_MESSAGES = 1_000;
    private static final int MAX_CHUNK_BYTES = 256 * 1024;
    private static final int RECEIVE_MAXIMUM = 0xffff;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

    private final Workload workload;
    private final InetSocketAddress broker;
    private final NumberedPayload.Writer payloads;
    private final byte[][] topics;

    BacklogPublisher(Workload workload, InetSocketAddress broker) {
        this.workload = workload;
        this.broker = broker;
        this.payloads = new NumberedPayload.Writer(workload.payloadBytes());
        this.topics = new byte[workload.topics()][];
        for (int topic = 0; topic < topics.length; topic++) {
            topics[topic] = Workload.mqttTopic(topic).getBytes(StandardCharsets.UTF_8);
        }
    }

    void queueFor(String clientId) throws IOException {
        try (MqttSocket subscriber = connect(clientId)) {
            subscriber.subscribe(Workload.MQTT_FILTER, workload.qos());
            subscriber.disconnect();
        }
        try (MqttSocket publisher = connect("bench-publisher")) {
            int chunk = Math.max(1, Math.min(MAX_CHUNK_MESSAGES, MAX_CHUNK_BYTES / workload.payloadBytes()));
            for (int first = 0; first < workload.messages(); first += chunk) {
                publish(publisher, first, Math.min(chunk, workload.messages() - first));
            }
            publisher.ping();
            publisher.disconnect();
        }
    }

    private MqttSocket connect(String clientId) throws IOException {
        MqttSocket socket = MqttSocket.connect(broker, clientId, RECEIVE_MAXIMUM);
        socket.readTimeout(READ_TIMEOUT);
        return socket;
    }

    private void publish(MqttSocket publisher, int first, int count) throws IOException {
        FrameWriter frames = new FrameWriter();
        for (int i = 0; i < count; i++) {
            int topic = (first + i) % topics.length;
            int sequence = (first + i) / topics.length;
            frames.publish(workload.qos(), i + 1, topics[topic], payloads.write(topic, sequence));
        }
        frames.flushTo(publisher.output());
        if (workload.qos() == 1) {
            awaitAcknowledgements(publisher, PacketType.PUBACK, count);
        } else if (workload.qos() == 2) {
            awaitAcknowledgements(publisher, PacketType.PUBREC, count);
            for (int i = 0; i < count; i++) {
                frames.acknowledgement(PacketType.PUBREL, i + 1);
            }
            frames.flushTo(publisher.output());
            awaitAcknowledgements(publisher, PacketType.PUBCOMP, count);
        }
    }

    private static void awaitAcknowledgements(MqttSocket publisher, int packetType, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            publisher.reader().next();
            if (publisher.reader().packetType() != packetType) {
                throw new IOException("Expected packet type " + packetType + ", got "
                        + publisher.reader().packetType());
            }
        }
    }
}
